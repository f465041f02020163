import { t } from "@lingui/core/macro";
import { Position, type NodeProps } from "@xyflow/react";
import { createContext, memo, use } from "react";
import { CircleAlert, CircleCheck, Hourglass, LoaderCircle, MinusCircle, TriangleAlert } from "lucide-react";
import type { NodeType, WorkflowNode } from "@/api/types";
import { NodeIcon } from "@/components/ui/icon";
import { statusWord } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/format";
import { Dot } from "./connecting";
import { InspectContext, useDocument, useEditor, useRuns } from "./context";
import { ScheduleMark } from "../schedules/node-mark";
import type { NodeData } from "./flow-items";
import { Ring } from "./people";
import { ERROR } from "./ports";
import { useProblems } from "./report";
import { isAlike, type Knob } from "./shape";

const COLOURS: Record<string, string> = {
  trigger: "var(--trigger)",
  ai: "var(--ai)",
  model: "var(--model)",
  tool: "var(--tool)",
  platform: "var(--platform)",
  logic: "var(--logic)",
  memory: "var(--memory)",
};
const ATTACHED: Record<string, string> = {
  llm: "var(--model)",
  tool: "var(--tool)",
  memory: "var(--memory)",
  output_parser: "var(--parser)",
};
/** Whether the canvas is seen from so far that only boxes can be made out. */
export const Far = createContext(false);

const DOT = "!size-3 !rounded-full !border-2 !border-panel !bg-line-strong";
const FAILURE = "!size-2.5 !rounded-full !border-2 !border-panel !bg-bad";
const DIAMOND = "!size-2.5 !rounded-[2px] !border-2 !border-panel";
/** Turned after it has been put onto the border: a `rotate` would turn the way there as well. */
const TURNED: Partial<Record<Position, string>> = {
  [Position.Top]: "translate(-50%, -50%) rotate(45deg)",
  [Position.Bottom]: "translate(-50%, 50%) rotate(45deg)",
};

export function colourOf(type: NodeType | undefined): string {
  return COLOURS[type?.category ?? ""] ?? "var(--parser)";
}

/** The one node of the canvas: everything about it follows from its type. */
export const StepNode = memo(function StepNode({ data, selected }: NodeProps) {
  const { node, shape } = data as NodeData;
  const type = useEditor().types.get(node.component_type);
  const far = use(Far);
  const isForked = shape.knobs.some((one) => one.label && !one.attachment);
  return (
    <div
      className={cn(
        "step relative size-full rounded-lg border bg-panel shadow-float",
        selected ? "border-accent ring-2 ring-accent/40" : "border-line",
      )}
    >
      <div className={cn("flex h-13.5 items-center gap-2.5 px-2.5", isForked && "pr-19")}>
        <span
          className="grid size-8 shrink-0 place-items-center rounded-md text-white dark:text-black"
          style={{ background: colourOf(type) }}
        >
          {!far && <NodeIcon name={type?.icon ?? ""} className="size-4.5" />}
        </span>
        {!far && (
          <span className="min-w-0">
            <span className="block truncate text-sm font-medium">
              {node.label || type?.label || node.component_type}
            </span>
            <span className="block truncate font-mono text-[11px] text-muted">{node.node_id}</span>
          </span>
        )}
      </div>
      {!far && shape.knobs.map((knob) => <Ending key={knob.id} node={node} knob={knob} isKnown={!!type} />)}
      <Ring nodeId={node.node_id} />
      <Problem node={node} />
      <RunBadge node={node} />
      {!far && node.component_type === "trigger_schedule" && <Scheduled nodeId={node.node_id} />}
    </div>
  );
}, isSame);

/** Of the draft alone: a past run has no schedule. */
function Scheduled({ nodeId }: { nodeId: string }) {
  const { slug } = useEditor();
  const isSaved = useDocument((state) => state.saving === "saved");
  return use(InspectContext) && <ScheduleMark slug={slug} nodeId={nodeId} isSaved={isSaved} />;
}

/** Where it lies and how large it is found to be changes nothing of it. */
function isSame(before: NodeProps, after: NodeProps): boolean {
  const [one, other] = [before.data as NodeData, after.data as NodeData];
  return one.node === other.node && before.selected === after.selected && isAlike(one.shape, other.shape);
}

const TITLES: Record<string, () => string> = {
  [ERROR]: () => t`If it fails`,
  loop_return: () => t`Back to the loop`,
};

/** A handle: a circle for data, a diamond for what is attached. */
function Ending({ node, knob, isKnown }: { node: WorkflowNode; knob: Knob; isKnown: boolean }) {
  const { id, type, position, label, attachment, x, y } = knob;
  const isBeside = position === Position.Left || position === Position.Right;
  const place = isBeside ? { top: y } : { left: x };
  const round = id === ERROR ? FAILURE : DOT;
  return (
    <>
      <Dot
        node={node.node_id}
        type={type}
        id={id}
        position={position}
        title={TITLES[id]?.()}
        isConnectable={isKnown}
        className={attachment ? DIAMOND : round}
        style={{
          ...place,
          ...(attachment && { background: ATTACHED[attachment], transform: TURNED[position] }),
        }}
      />
      {label && (
        <span
          className={cn(
            "pointer-events-none absolute truncate text-muted",
            isBeside
              ? "right-2.5 max-w-16 text-[11px]"
              : "-bottom-5.5 -translate-x-1/2 rounded bg-ground px-0.5 text-[10px]",
          )}
          style={isBeside ? { top: y - 8 } : place}
        >
          {label}
        </span>
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

/** What is unfinished about the node. */
function Problem({ node }: { node: WorkflowNode }) {
  const [first] = useProblems(node);
  return first ? (
    <span className="absolute -top-2 -left-2 rounded-full bg-panel p-0.5" title={first.message}>
      <TriangleAlert className="size-4 text-warn" aria-label={t`Unfinished: ${first.message}`} />
    </span>
  ) : null;
}

/** How the node fared in the last run. Subscribes to its own node alone. */
function RunBadge({ node }: { node: WorkflowNode }) {
  const run = useRuns((state) => state.nodes[node.node_id]);
  const inspect = use(InspectContext);
  const mark = run && MARKS[run.status];
  if (!mark) return null;
  const { icon: Icon, className } = mark;
  const word = statusWord(run.status);
  return (
    <button
      type="button"
      className={cn(
        "nodrag nokey absolute -top-2.5 -right-2 flex items-center gap-1 rounded-full border border-line bg-panel px-1 py-0.5 text-[10px]",
        className,
      )}
      data-status={run.status}
      title={run.error || word}
      disabled={!inspect}
      onClick={(event) => {
        event.stopPropagation();
        inspect?.(node.node_id, "run");
      }}
    >
      <Icon className={cn("size-3.5", run.status === "running" && "animate-spin")} />
      <span className="sr-only">{t`${word}: show the last run of ${node.node_id}`}</span>
      {run.count > 1 && <span>×{run.count}</span>}
      {run.duration_ms != null && run.status !== "skipped" && (
        <span className="text-muted">{duration(run.duration_ms)}</span>
      )}
    </button>
  );
}
