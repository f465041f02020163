import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Navigate, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { keepKey } from "@/api/auth";
import { post } from "@/api/client";
import { queryClient } from "@/app/queries";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { AuthFrame } from "./frame";
import { SETUP_STATUS, useSetupStatus } from "./queries";

export function Setup() {
  const navigate = useNavigate();
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const setup = useMutation({
    mutationFn: () => post<{ key: string }>("auth/setup/", { username, password }),
    onSuccess: ({ key }) => {
      queryClient.setQueryData(SETUP_STATUS, { needs_setup: false });
      keepKey(key, true);
      void navigate({ to: "/", replace: true });
    },
    meta: { quiet: true },
  });
  const { data: status } = useSetupStatus();
  if (status?.needs_setup === false && setup.isIdle) return <Navigate to="/login" replace />;
  const fault = (name: string) => setup.error?.fields[name]?.[0];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setup.mutate();
  };
  return (
    <AuthFrame title={t`Welcome to Pipelit`}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <p className="text-muted">{t`Create the first account. It administrates this installation.`}</p>
        <Field label={t`Username`} error={fault("username")}>
          {(wiring) => (
            <Input
              {...wiring}
              autoComplete="username"
              required
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <Field
          label={t`Password`}
          error={fault("password")}
          help={t`At least 8 characters, and not a common one.`}
        >
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="new-password"
              required
              autoFocus
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {setup.error && !Object.keys(setup.error.fields).length && (
          <p role="alert" className="text-bad">
            {setup.error.message}
          </p>
        )}
        <Button type="submit" variant="primary" busy={setup.isPending}>
          {t`Create the account`}
        </Button>
      </form>
    </AuthFrame>
  );
}
