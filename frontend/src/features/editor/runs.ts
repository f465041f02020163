/** What the last run did, node by node: a store of its own, so that a thousand events a second redraw only badges. */
import { createStore } from "zustand/vanilla";
import type { LiveEvent } from "@/lib/socket";
import { UNFINISHED } from "../executions/queries";

export interface NodeRun {
  status: string;
  duration_ms?: number;
  /** Of its last step, as they are recorded; events do not bring them. */
  step_key?: string;
  input?: unknown;
  output?: unknown;
  error?: string;
  error_code?: string;
  /** How often it has run, in loops. */
  count: number;
}

export interface ToolCall {
  key: string;
  name: string;
  status: string;
  arguments: unknown;
  result?: unknown;
}

export interface RunState {
  executionId: string | null;
  status: string | null;
  nodes: Record<string, NodeRun>;
  /** Streamed text by node. */
  tokens: Record<string, string>;
  tools: ToolCall[];
  error: string | null;
  /** From where its events are heard: from its beginning ("0"), or from now on (null) since it has been read. */
  since: "0" | null;
  /** While a run is followed that began elsewhere: the last one that began here, empty if there was none. */
  own: RunState | null;
}

const EMPTY: RunState = {
  executionId: null,
  status: null,
  nodes: {},
  tokens: {},
  tools: [],
  error: null,
  since: "0",
  own: null,
};

export function createRuns() {
  return createStore<RunState>(() => EMPTY);
}
export type Runs = ReturnType<typeof createRuns>;

export function follow(runs: Runs, executionId: string): void {
  const { executionId: before, status } = runs.getState();
  if (before !== executionId) runs.setState({ ...EMPTY, executionId, status: "pending" });
  else runs.setState({ status: status === "interrupted" ? "pending" : status, own: null }); // its steps stay
}

/** Go on with a run as it has been read, unless another is followed by then. */
export function takeUp(runs: Runs, found: Pick<RunState, "executionId" | "status" | "nodes">): void {
  if (runs.getState().executionId === null) runs.setState({ ...EMPTY, ...found, since: null });
}

/** Follow a run that began elsewhere, unless one is under way. */
export function join(runs: Runs, { type, data }: LiveEvent): void {
  if (type !== "execution_started") return;
  const state = runs.getState();
  const executionId = String(data.execution_id);
  if (state.executionId === executionId || UNFINISHED.has(state.status ?? "")) return;
  runs.setState({ ...EMPTY, executionId, status: "running", own: ownOf(state) });
}

/** The run that began here. */
export function ownOf(state: RunState): RunState {
  return state.own ?? state;
}

interface Data {
  execution_id?: string;
  node_id: string;
  step_key: string;
  status: string;
  error?: string;
  error_code?: string;
  duration_ms?: number;
  output?: unknown;
  delta?: string;
  call?: string;
  name: string;
  arguments?: unknown;
  result?: unknown;
  tool_node_id?: string | null;
}

/** Take events of the execution's channel, as one change. */
export function heard(runs: Runs, ...events: LiveEvent[]): void {
  const before = runs.getState();
  const state = {
    ...before,
    nodes: { ...before.nodes },
    tokens: { ...before.tokens },
    tools: new Map(before.tools.map((tool) => [tool.key, tool])),
  };
  let changed = false;
  for (const event of events) {
    const data = event.data as unknown as Data | undefined;
    if (!data || data.execution_id !== before.executionId) continue;
    take(state, event.type, data);
    changed = true;
  }
  if (changed) runs.setState({ ...state, tools: [...state.tools.values()] });
}

type Draft = Omit<RunState, "tools"> & { tools: Map<string, RunState["tools"][number]> };

function take(state: Draft, type: string, data: Data): void {
  if (type.startsWith("execution_")) {
    const what = type.slice("execution_".length);
    state.status = what === "started" ? "running" : what;
    state.error = data.error ?? null;
  } else if (type === "node_status") {
    if (data.node_id !== data.step_key.split("/").pop()) return; // a part of a step
    const ended = !["running", "waiting", "pending"].includes(data.status);
    const { status, duration_ms, output, error, error_code } = data;
    const count = (state.nodes[data.node_id]?.count ?? 0) + (ended ? 1 : 0);
    const told = { error: error || undefined, error_code: error_code || undefined };
    state.nodes[data.node_id] = { status, duration_ms, output, ...told, count };
  } else if (type === "token") {
    state.tokens[data.node_id] = (state.tokens[data.node_id] ?? "") + data.delta;
  } else if (type === "tool_status") {
    const key = `${data.step_key}/${data.call}`;
    const { name, status, result, tool_node_id: id } = data;
    state.tools.set(key, { key, name, status, arguments: data.arguments, result });
    if (id) {
      const count = (state.nodes[id]?.count ?? 0) + (status === "running" ? 0 : 1);
      state.nodes[id] = { status, input: data.arguments, output: result, count };
    }
  }
}
