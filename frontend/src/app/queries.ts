/** The one query client. Data is made fresh by live events, so nothing is fetched again by the clock. */
import { MutationCache, QueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { ApiError } from "@/api/client";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: ApiError;
    mutationMeta: { quiet?: boolean };
  }
}

export function tell(error: Error): void {
  toast.error(error.message, { duration: 8_000 });
}

export const queryClient = new QueryClient({
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (!mutation.meta?.quiet) tell(error);
    },
  }),
  defaultOptions: {
    mutations: { networkMode: "always" }, // none waits unseen for a connection: that there is none is told
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && error.isPassing,
    },
  },
});
