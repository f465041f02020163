import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type FormEvent } from "react";
import { dropKey } from "@/api/auth";
import type { User } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { signInAgain, useKeyEnded } from "./session";

/** Over the page whose key has ended: it goes on, with everything that is on it, once the same person signs in. */
export function SignInAgain() {
  const ended = useKeyEnded();
  const me = useQueryClient().getQueryData<User>(["me"]);
  useEffect(() => {
    if (ended && !me) dropKey(); // nothing has been done yet: the login page will do
  }, [ended, me]);
  return ended && me ? <Ask username={me.username} /> : null;
}

function Ask({ username }: { username: string }) {
  const [password, setPassword] = useState("");
  const again = useMutation({
    mutationFn: () => signInAgain(username, password),
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    again.mutate();
  };
  return (
    <Dialog
      open
      onClose={() => {}}
      title={t`Sign in again`}
      description={t`Your sign-in has ended or was revoked. Nothing on this page is lost: sign in, and go on.`}
    >
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={t`Username`}>
          {(wiring) => <Input {...wiring} autoComplete="username" readOnly value={username} />}
        </Field>
        <Field label={t`Password`}>
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="current-password"
              autoFocus
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {again.error && (
          <p role="alert" className="text-bad">
            {again.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button type="button" onClick={dropKey}>
            {t`Leave`}
          </Button>
          <Button type="submit" variant="primary" busy={again.isPending}>
            {t`Sign in`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
