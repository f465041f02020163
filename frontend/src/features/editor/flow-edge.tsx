import { t } from "@lingui/core/macro";
import { BaseEdge, EdgeLabelRenderer, getBezierPath, type EdgeProps } from "@xyflow/react";
import { Popover } from "radix-ui";
import { memo } from "react";
import { Code } from "@/components/ui/misc";
import { cn } from "@/lib/cn";
import { shown } from "@/lib/format";
import { backPath } from "./back-path";
import { useDocument, useEditor, useRuns } from "./context";
import { boxesOf } from "./dragging";
import { flowed, type Flowed } from "./flowed";
import type { Link } from "./graph";

/** An edge, and on it what went along it in the last run. */
export const FlowEdge = memo(function FlowEdge(edge: EdgeProps) {
  const link = edge.data?.link as Link;
  const source = useRuns((state) => state.nodes[link.source]);
  const target = useRuns((state) => state.nodes[link.target]);
  const { types } = useEditor();
  const between = useDocument((state) => (link.label === "loop_return" ? state.nodes : null));
  const from = { x: edge.sourceX, y: edge.sourceY };
  const to = { x: edge.targetX, y: edge.targetY };
  const [path, x, y] = between
    ? backPath(from, to, boxesOf({ nodes: between, edges: {}, notes: {} }, types))
    : getBezierPath(edge);
  const found = flowed(link, source, target, edge.data?.name as string | undefined);
  return (
    <>
      <BaseEdge
        id={edge.id}
        path={path}
        style={found?.isDead ? { ...edge.style, opacity: 0.4 } : edge.style}
        markerEnd={edge.markerEnd}
        interactionWidth={edge.interactionWidth}
      />
      {found && (
        <EdgeLabelRenderer>
          <div
            className="nodrag nopan detail pointer-events-auto absolute"
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          >
            <Label link={link} found={found} />
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

function Label({ link, found }: { link: Link; found: Flowed }) {
  const look =
    "block max-w-32 truncate rounded-full border border-line bg-panel px-1.5 py-px text-[10px] text-muted";
  if (found.isDead) return <span className={cn(look, "border-dashed")}>{found.text}</span>;
  return (
    <Popover.Root>
      <Popover.Trigger
        className={cn(look, "hover:border-line-strong hover:text-ink")}
        aria-label={t`What went from ${link.source} to ${link.target}: ${found.text}`}
      >
        {found.text}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          sideOffset={4}
          aria-label={t`What went from ${link.source} to ${link.target}`}
          className="z-50 w-80 rounded-lg border border-line bg-raised p-2 shadow-float"
        >
          <Code>{shown(found.value ?? null)}</Code>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
