import { t } from "@lingui/core/macro";
import { Panel, useReactFlow, useStore } from "@xyflow/react";
import { Minus, Plus } from "lucide-react";
import { IconButton } from "@/components/ui/button";
import { motion } from "@/lib/motion";

/** How large the canvas is seen, and nearer or farther. */
export function ZoomBar() {
  const flow = useReactFlow();
  const zoom = useStore((state) => state.transform[2]);
  const percent = `${Math.round(zoom * 100)} %`;
  const how = { duration: motion() };
  return (
    <Panel
      position="bottom-left"
      className="!m-3 flex items-center rounded-md border border-line bg-panel text-xs"
    >
      <IconButton label={t`Zoom out`} onClick={() => void flow.zoomOut(how)}>
        <Minus />
      </IconButton>
      <button
        type="button"
        className="h-8 w-12 rounded text-muted tabular-nums hover:text-ink"
        aria-label={t`Zoom: ${percent}. Back to 100 %`}
        onClick={() => void flow.zoomTo(1, how)}
      >
        {percent}
      </button>
      <IconButton label={t`Zoom in`} onClick={() => void flow.zoomIn(how)}>
        <Plus />
      </IconButton>
    </Panel>
  );
}
