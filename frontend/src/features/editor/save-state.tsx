import { t } from "@lingui/core/macro";
import { Check, CloudOff, LoaderCircle, LogIn, OctagonX } from "lucide-react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { download } from "../workflows/download";
import { useDocument, useEditor, useRuns } from "./context";

/** Whether everything is saved; and if not, why, and what becomes of it. */
export function SaveState() {
  const saving = useDocument((state) => state.saving);
  const why = useDocument((state) => state.why);
  const kept = useDocument((state) => state.kept);
  const status = useRuns((state) => state.status);
  const delayed = why
    ? t`Not saved yet: ${why} It is tried again.`
    : t`Not saved yet: the server is out of reach. It is tried again.`;
  const ended = why ? t`Not saved: ${why}` : t`Not saved: nothing can be changed here any more.`;
  const shown = {
    saved: { icon: <Check />, text: t`Saved` },
    saving: { icon: <LoaderCircle className="animate-spin" />, text: t`Saving` },
    offline: { icon: <CloudOff />, text: delayed },
    "signed-out": { icon: <LogIn />, text: t`Not saved yet: sign in again.` },
    stopped: { icon: <OctagonX />, text: ended },
  }[saving];
  const isFine = saving === "saved" || saving === "saving";
  return (
    <output
      className={cn(
        "ml-1 flex items-center gap-1 text-xs text-muted [&_svg]:size-3.5",
        !isFine && "text-warn",
      )}
      data-saving={saving}
      data-run={status ?? ""}
    >
      {shown.icon}
      <span className={cn("max-w-60 truncate", isFine && "max-sm:sr-only")} title={shown.text}>
        {shown.text}
      </span>
      {!kept && ` ${t`It is too much to outlive this page: leave it open.`}`}
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
      {t`Download what was not saved`}
    </Button>
  );
}
