import { t } from "@lingui/core/macro";
import { Hourglass } from "lucide-react";
import { Button } from "@/components/ui/button";

/** What was asked for waits until something else is done; it can be called off. */
export function Queued({ why, onDrop }: { why: string; onDrop: () => void }) {
  return (
    <p role="status" className="flex items-center gap-2 rounded-md border border-warn/40 bg-warn/5 p-2">
      <Hourglass className="size-4 shrink-0 text-warn" />
      <span className="grow">{why}</span>
      <Button size="sm" onClick={onDrop}>{t`Call off`}</Button>
    </p>
  );
}
