import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { patch } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";

export function Password() {
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const save = useMutation({
    mutationFn: () => patch("auth/me/", { current_password: current, password: fresh }),
    onSuccess: () => {
      setCurrent("");
      setFresh("");
      toast.success(t`The password is changed.`);
    },
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const fields = save.error?.fields ?? {};
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field label={t`Current password`} error={fields.current_password?.[0]}>
        {(wiring) => (
          <Input
            {...wiring}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
      </Field>
      <Field
        label={t`New password`}
        error={
          fields.password?.[0] ?? (save.error && !Object.keys(fields).length ? save.error.message : undefined)
        }
      >
        {(wiring) => (
          <Input
            {...wiring}
            type="password"
            autoComplete="new-password"
            value={fresh}
            onChange={(event) => setFresh(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" className="self-start" disabled={!current || !fresh} busy={save.isPending}>
        {t`Change the password`}
      </Button>
    </form>
  );
}
