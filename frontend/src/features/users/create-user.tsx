import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { post } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";

export function CreateUser({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("normal");
  const create = useMutation({
    mutationFn: () => post("users/", { username, password, role }),
    onSuccess: () => {
      onCreated();
      onClose();
    },
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`New user`}
      footer={
        <Button type="submit" form="create-user" variant="primary" busy={create.isPending}>
          {t`Create`}
        </Button>
      }
    >
      <form id="create-user" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={t`Username`} error={create.error?.fields.username?.[0]}>
          {(wiring) => (
            <Input
              {...wiring}
              required
              autoFocus
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <Field
          label={t`Password`}
          error={create.error?.fields.password?.[0]}
          help={t`They can change it later.`}
        >
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="new-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Field label={t`Role`}>
          {(wiring) => (
            <Select {...wiring} value={role} onChange={(event) => setRole(event.target.value)}>
              <option value="normal">{t`normal`}</option>
              <option value="admin">{t`admin`}</option>
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
