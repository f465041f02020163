import { t } from "@lingui/core/macro";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { usePublish } from "./queries";

interface Props {
  slug: string;
  /** The version; none: the draft as it is now. */
  number?: number;
  onClose: () => void;
}

/** Makes a version what triggers run, with a note for whoever reads the list later. */
export function PublishDialog({ slug, number, onClose }: Props) {
  const publish = usePublish(slug);
  const [note, setNote] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    publish.mutate(
      { number, note },
      {
        onSuccess: (version) => {
          toast.success(t`Version ${version.number} is published: triggers run it from now on.`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={number === undefined ? t`Publish the draft` : t`Publish version ${number}`}
      description={t`Triggers run the published version; the draft may go on changing.`}
      footer={
        <Button type="submit" form="publish" variant="primary" busy={publish.isPending}>
          {t`Publish`}
        </Button>
      }
    >
      <form id="publish" onSubmit={submit}>
        <Field label={t`Note`} optional help={t`What is new, for the list of versions.`}>
          {(wiring) => (
            <Input
              {...wiring}
              autoFocus
              maxLength={200}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
