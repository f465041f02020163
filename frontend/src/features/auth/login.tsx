import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { signIn, useSignedIn } from "@/app/session";
import { Button } from "@/components/ui/button";
import { Checkbox, Field, Input } from "@/components/ui/field";
import { AuthFrame } from "./frame";
import { useSetupStatus } from "./queries";

export function Login() {
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/login" });
  const signedIn = useSignedIn();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [remember, setRemember] = useState(true);
  const { data: status } = useSetupStatus();
  const login = useMutation({
    mutationFn: () => signIn(username, password, remember),
    onSuccess: () => navigate({ to: inner(next), replace: true }),
    meta: { quiet: true },
  });
  if (status?.needs_setup) return <Navigate to="/setup" replace />;
  if (signedIn && !login.isPending) return <Navigate to={inner(next)} replace />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <AuthFrame title={t`Sign in to Pipelit`}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={t`Username`}>
          {(wiring) => (
            <Input
              {...wiring}
              autoComplete="username"
              autoFocus
              required
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <Field label={t`Password`}>
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <label className="flex items-center gap-2">
          <Checkbox checked={remember} onChange={(event) => setRemember(event.target.checked)} />{" "}
          {t`Stay signed in`}
        </label>
        {login.error && (
          <p role="alert" className="text-bad">
            {login.error.message}
          </p>
        )}
        <Button type="submit" variant="primary" busy={login.isPending}>
          {t`Sign in`}
        </Button>
      </form>
    </AuthFrame>
  );
}

/** Where to go on; never to another site. */
function inner(next: string | undefined): string {
  return next && next.startsWith("/") && !next.startsWith("//") ? next : "/";
}
