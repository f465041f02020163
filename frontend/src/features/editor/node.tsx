import { Position, type NodeProps } from "@xyflow/react";
import { memo } from "react";
import { CircleAlert, CircleCheck, Hourglass, LoaderCircle, MinusCircle, TriangleAlert } from "lucide-react";
import type { NodeType, WorkflowNode } from "@/api/types";
import { NodeIcon } from "@/components/ui/icon";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/format";
import { Knob } from "./connecting";
import { useEditor, useRuns } from "./context";
import { Ring } from "./people";
import { ATTACH, ERROR, hasErrorHandle, IN, sourceHandles } from "./ports";
import { UnknownHandles } from "./unknown";

const COLOURS: Record<string, string> = {
  trigger: "var(--trigger)",
  ai: "var(--ai)",
  model: "var(--model)",
  tool: "var(--tool)",
  platform: "var(--platform)",
  logic: "var(--logic)",
  memory: "var(--memory)",
};
const ATTACHED: Record<string, { label: string; colour: string }> = {
  llm: { label: "Model", colour: "var(--model)" },
  tool: { label: "Tools", colour: "var(--tool)" },
  memory: { label: "Memory", colour: "var(--memory)" },
  output_parser: { label: "Parser", colour: "var(--parser)" },
};
const ROW = 22;

export function colourOf(type: NodeType | undefined): string {
  return COLOURS[type?.category ?? ""] ?? "var(--parser)";
}

const DOT = "!size-3 !rounded-full !border-2 !border-panel !bg-line-strong";
const DIAMOND = "!size-2.5 !rotate-45 !rounded-[2px] !border-2 !border-panel";

/** The one node of the canvas: everything about it follows from its type. */
export const StepNode = memo(function StepNode({ data, selected }: NodeProps) {
  const node = data.node as WorkflowNode;
  const { types } = useEditor();
  const type = types.get(node.component_type);
  const colour = colourOf(type);
  const outs = type ? sourceHandles(type, node.config) : [];
  const named = outs.some((one) => one.label);
  const tall = named ? Math.max(0, outs.length * ROW - 8) : 0;
  return (
    <div
      className={cn(
        "step relative w-52 rounded-lg border bg-panel shadow-float",
        selected ? "border-accent ring-2 ring-accent/40" : "border-line",
      )}
      style={{ minHeight: 52 + tall }}
    >
      {type ? <Inputs type={type} node={node} /> : <UnknownHandles nodeId={node.node_id} />}
      <div className="flex items-center gap-2.5 p-2.5" style={{ paddingRight: named ? 76 : undefined }}>
        <span
          className="grid size-8 shrink-0 place-items-center rounded-md text-white dark:text-black"
          style={{ background: colour }}
        >
          <NodeIcon name={type?.icon ?? ""} className="detail size-4.5" />
        </span>
        <span className="detail min-w-0">
          <span className="block truncate text-sm font-medium">
            {node.label || type?.label || node.component_type}
          </span>
          <span className="block truncate font-mono text-[11px] text-muted">{node.node_id}</span>
        </span>
      </div>
      {outs.map((out, index) => {
        const top = named ? 26 + index * ROW : 26;
        return (
          <div key={out.id}>
            <Knob
              node={node.node_id}
              type="source"
              id={out.id}
              position={Position.Right}
              className={DOT}
              style={{ top }}
            />
            {out.label && (
              <span
                className="detail pointer-events-none absolute right-2.5 max-w-16 truncate text-[11px] text-muted"
                style={{ top: top - 8 }}
              >
                {out.label}
              </span>
            )}
          </div>
        );
      })}
      {type && hasErrorHandle(type) && (
        <Knob
          node={node.node_id}
          type="source"
          id={ERROR}
          position={Position.Bottom}
          title="If it fails"
          className="!size-2.5 !rounded-full !border-2 !border-panel !bg-bad"
          style={{ left: "94%" }}
        />
      )}
      {type?.attachments.map((attachment, index) => {
        const about = ATTACHED[attachment.label];
        const left = `${((index + 0.5) / type.attachments.length) * 84}%`;
        return (
          <div key={attachment.label}>
            <Knob
              node={node.node_id}
              type="target"
              id={attachment.label}
              position={Position.Bottom}
              className={DIAMOND}
              style={{ left, background: about?.colour }}
            />
            <span
              className="detail pointer-events-none absolute -bottom-5 -translate-x-1/2 text-[10px] text-muted"
              style={{ left }}
            >
              {about?.label}
              {attachment.required && "*"}
            </span>
          </div>
        );
      })}
      <Ring nodeId={node.node_id} />
      <RunBadge node={node} />
    </div>
  );
}, isSame);

/** Where it lies and how large it is found to be changes nothing of it. */
function isSame(before: NodeProps, after: NodeProps): boolean {
  return before.data.node === after.data.node && before.selected === after.selected;
}

function Inputs({ type, node }: { type: NodeType; node: WorkflowNode }) {
  return (
    <>
      {type.executable && !type.is_trigger && (
        <Knob
          node={node.node_id}
          type="target"
          id={IN}
          position={Position.Left}
          className={DOT}
          style={{ top: 26 }}
        />
      )}
      {type.loops && (
        <Knob
          node={node.node_id}
          type="target"
          id="loop_return"
          position={Position.Bottom}
          title="Back to the loop"
          className={DOT}
        />
      )}
      {type.attaches_as && (
        <Knob
          node={node.node_id}
          type="source"
          id={ATTACH}
          position={Position.Top}
          className={DIAMOND}
          style={{ background: ATTACHED[type.attaches_as]?.colour }}
        />
      )}
    </>
  );
}

const MARKS: Record<string, { icon: typeof CircleCheck; className: string }> = {
  running: { icon: LoaderCircle, className: "text-info" },
  waiting: { icon: Hourglass, className: "text-warn" },
  success: { icon: CircleCheck, className: "text-ok" },
  failed: { icon: CircleAlert, className: "text-bad" },
  skipped: { icon: MinusCircle, className: "text-muted" },
};

/** How the node fared in the last run, else what is unfinished about it. Subscribes to its own node alone. */
function RunBadge({ node }: { node: WorkflowNode }) {
  const run = useRuns((state) => state.nodes[node.node_id]);
  const mark = run && MARKS[run.status];
  if (!mark)
    return node.warnings?.length ? (
      <span
        className="absolute -top-2 -right-2 rounded-full bg-panel p-0.5"
        title={node.warnings[0]!.message}
      >
        <TriangleAlert className="size-4 text-warn" aria-label={`Unfinished: ${node.warnings[0]!.message}`} />
      </span>
    ) : null;
  const { icon: Icon, className } = mark;
  return (
    <span
      className={cn(
        "absolute -top-2.5 -right-2 flex items-center gap-1 rounded-full border border-line bg-panel px-1 py-0.5 text-[10px]",
        className,
      )}
      data-status={run.status}
      title={run.error || run.status}
    >
      <Icon className={cn("size-3.5", run.status === "running" && "animate-spin")} aria-label={run.status} />
      {run.count > 1 && <span>×{run.count}</span>}
      {run.duration_ms != null && <span className="text-muted">{duration(run.duration_ms)}</span>}
    </span>
  );
}
