import "./lib/i18n"; // first: what follows may ask for texts
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Toaster } from "sonner";
import { queryClient } from "./app/queries";
import { router } from "./app/router";
import { useLiveSession, useSignedIn } from "./app/session";
import { SignInAgain } from "./app/sign-in-again";
import { followSystem } from "./lib/theme";
import "./styles.css";

function App() {
  const signedIn = useSignedIn();
  useLiveSession();
  useEffect(() => {
    void router.invalidate(); // the key has come or gone: guards decide again
  }, [signedIn]);
  return <RouterProvider router={router} />;
}

followSystem();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
      <SignInAgain />
      <Toaster
        position="bottom-center"
        mobileOffset={{ bottom: 88 }}
        toastOptions={{ className: "!bg-raised !text-ink !border-line" }}
      />
    </QueryClientProvider>
  </StrictMode>,
);
