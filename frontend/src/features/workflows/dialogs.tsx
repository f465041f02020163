/** The dialogs about one workflow, loaded when somebody opens one. */
import { fetchedDialog } from "@/app/failures";

const Settings = fetchedDialog(async () => (await import("./settings-dialog")).SettingsDialog);
const Collaborators = fetchedDialog(async () => (await import("./collaborators-dialog")).CollaboratorsDialog);
const Publish = fetchedDialog(async () => (await import("../versions/publish-dialog")).PublishDialog);

export type Opened = "settings" | "collaborators" | "publish" | null;

interface Props {
  slug: string;
  open: Opened;
  onClose: () => void;
  onMoved?: (slug: string) => void;
}

export function WorkflowDialogs({ slug, open, onClose, onMoved }: Props) {
  return (
    <>
      {open === "settings" && <Settings slug={slug} onClose={onClose} onMoved={onMoved} />}
      {open === "collaborators" && <Collaborators slug={slug} onClose={onClose} />}
      {open === "publish" && <Publish slug={slug} onClose={onClose} />}
    </>
  );
}
