import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { patch } from "@/api/client";
import type { User } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";

/** A new password for somebody who has lost theirs. */
export function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => patch(`users/${user.id}/`, { password }),
    onSuccess: () => {
      toast.success(t`${user.username} has a new password.`);
      onClose();
    },
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`New password for ${user.username}`}
      description={t`Tell it to them by a safe way; they can change it in their settings.`}
      footer={
        <Button
          type="submit"
          form="set-password"
          variant="primary"
          disabled={!password}
          busy={save.isPending}
        >
          {t`Set`}
        </Button>
      }
    >
      <form id="set-password" onSubmit={submit}>
        <Field
          label={t`Password`}
          error={save.error ? (save.error.fields.password?.[0] ?? save.error.message) : undefined}
        >
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
