import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { useCreateWorkflow } from "./queries";

export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const create = useCreateWorkflow();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name, description },
      {
        onSuccess: ({ slug }) => {
          onClose();
          void navigate({ to: "/workflows/$slug", params: { slug } });
        },
      },
    );
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t`New workflow`}
      footer={
        <Button
          type="submit"
          form="create-workflow"
          variant="primary"
          busy={create.isPending}
          disabled={!name.trim()}
        >
          {t`Create`}
        </Button>
      }
    >
      <form id="create-workflow" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={t`Name`} error={create.error?.fields.name?.[0]}>
          {(wiring) => (
            <Input
              {...wiring}
              autoFocus
              required
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t`Description`} optional>
          {(wiring) => (
            <Textarea
              {...wiring}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
