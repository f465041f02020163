import { Check, CloudOff, LoaderCircle, LogIn, OctagonX } from "lucide-react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { download } from "../workflows/download";
import { useDocument, useEditor, useRuns } from "./context";

const AWAY = "Not saved yet: the server is out of reach. It is tried again.";

/** Whether everything is saved; and if not, why, and what becomes of it. */
export function SaveState() {
  const saving = useDocument((state) => state.saving);
  const why = useDocument((state) => state.why);
  const kept = useDocument((state) => state.kept);
  const status = useRuns((state) => state.status);
  const shown = {
    saved: { icon: <Check />, text: "Saved" },
    saving: { icon: <LoaderCircle className="animate-spin" />, text: "Saving" },
    offline: { icon: <CloudOff />, text: why ? `Not saved yet: ${why} It is tried again.` : AWAY },
    "signed-out": { icon: <LogIn />, text: "Not saved yet: sign in again." },
    stopped: { icon: <OctagonX />, text: `Not saved: ${why ?? "nothing can be changed here any more."}` },
  }[saving];
  return (
    <output
      className={cn(
        "ml-1 flex items-center gap-1 text-xs text-muted [&_svg]:size-3.5",
        saving !== "saved" && saving !== "saving" && "text-warn",
      )}
      data-saving={saving}
      data-run={status ?? ""}
    >
      {shown.icon} {shown.text}
      {!kept && " It is too much to outlive this page: leave it open."}
      {saving === "stopped" && <UnsentDownload />}
    </output>
  );
}

/** Offers what could not be saved as a file. */
export function UnsentDownload() {
  const { document, slug } = useEditor();
  const unsent = document.unsent();
  if (!unsent.edits.length) return null;
  return (
    <Button size="sm" onClick={() => download(`${slug}-unsent.json`, unsent)}>
      Download what was not saved
    </Button>
  );
}
