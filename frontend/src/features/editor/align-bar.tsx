import { t } from "@lingui/core/macro";
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

const alignments = () =>
  [
    ["left", t`Align left`, AlignStartVertical],
    ["centre", t`Align centres`, AlignCenterVertical],
    ["right", t`Align right`, AlignEndVertical],
    ["top", t`Align tops`, AlignStartHorizontal],
    ["middle", t`Align middles`, AlignCenterHorizontal],
    ["bottom", t`Align bottoms`, AlignEndHorizontal],
  ] as const satisfies [Edge, string, unknown][];
const distributions = () =>
  [
    ["x", t`Distribute from left to right`, AlignHorizontalSpaceBetween],
    ["y", t`Distribute from top to bottom`, AlignVerticalSpaceBetween],
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
        aria-label={t`Align the chosen nodes`}
        className="flex rounded-lg border border-line bg-raised p-0.5 shadow-float"
      >
        {alignments().map(([edge, label, Icon]) => (
          <IconButton
            key={edge}
            size="icon-sm"
            label={label}
            onClick={() => put(label, aligned(boxes(), edge))}
          >
            <Icon />
          </IconButton>
        ))}
        {distributions().map(([axis, label, Icon]) => (
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
