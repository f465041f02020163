import { NodeToolbar, Position } from "@xyflow/react";
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalSpaceBetween,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalSpaceBetween,
} from "lucide-react";
import { IconButton } from "@/components/ui/button";
import { useEditor } from "./context";
import { boxesOf, placed } from "./dragging";
import { aligned, distributed, type Axis, type Edge } from "./geometry";
import type { Places } from "./layout";

const ALIGN = [
  ["left", "Align left", AlignStartVertical],
  ["centre", "Align centres", AlignCenterVertical],
  ["right", "Align right", AlignEndVertical],
  ["top", "Align tops", AlignStartHorizontal],
  ["middle", "Align middles", AlignCenterHorizontal],
  ["bottom", "Align bottoms", AlignEndHorizontal],
] as const satisfies [Edge, string, unknown][];
const DISTRIBUTE = [
  ["x", "Distribute from left to right", AlignHorizontalSpaceBetween],
  ["y", "Distribute from top to bottom", AlignVerticalSpaceBetween],
] as const satisfies [Axis, string, unknown][];

/** Over several chosen nodes: put them in line. */
export function AlignBar({ ids }: { ids: string[] }) {
  const { document, types } = useEditor();
  const boxes = () => boxesOf(document.store.getState(), types).filter((box) => ids.includes(box.id));
  const put = (label: string, places: Places) =>
    document.edit(label, placed(document.store.getState(), places));
  return (
    <NodeToolbar nodeId={ids} isVisible position={Position.Top} offset={16}>
      <div
        role="toolbar"
        aria-label="Align the chosen nodes"
        className="flex rounded-lg border border-line bg-raised p-0.5 shadow-float"
      >
        {ALIGN.map(([edge, label, Icon]) => (
          <IconButton
            key={edge}
            size="icon-sm"
            label={label}
            onClick={() => put(label, aligned(boxes(), edge))}
          >
            <Icon />
          </IconButton>
        ))}
        {DISTRIBUTE.map(([axis, label, Icon]) => (
          <IconButton
            key={axis}
            size="icon-sm"
            label={label}
            disabled={ids.length < 3}
            onClick={() => put(label, distributed(boxes(), axis))}
          >
            <Icon />
          </IconButton>
        ))}
      </div>
    </NodeToolbar>
  );
}
