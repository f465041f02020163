import { t } from "@lingui/core/macro";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import type { Task } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { useDelegate } from "./queries";

/** Hands a question to somebody else, who is told. */
export function DelegateDialog({ task, onClose }: { task: Task; onClose: () => void }) {
  const delegate = useDelegate();
  const [to, setTo] = useState("");
  const [comment, setComment] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    delegate.mutate(
      { id: task.id, to: to.trim(), comment },
      {
        onSuccess: () => {
          toast.success(t`${to.trim()} is asked now.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Hand it to somebody else`}
      description={t`They are told, and answer in your place.`}
      footer={
        <Button
          type="submit"
          form="delegate"
          variant="primary"
          disabled={!to.trim()}
          busy={delegate.isPending}
        >
          {t`Hand over`}
        </Button>
      }
    >
      <form id="delegate" className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label={t`Username`}
          error={delegate.error ? (delegate.error.fields.to?.[0] ?? delegate.error.message) : undefined}
        >
          {(wiring) => (
            <Input {...wiring} autoFocus value={to} onChange={(event) => setTo(event.target.value)} />
          )}
        </Field>
        <Field label={t`Comment`} optional>
          {(wiring) => (
            <Textarea
              {...wiring}
              maxLength={2000}
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
