/** What the last iteration of the loop around a node was given. Pure. */
import type { NodeType } from "@/api/types";
import type { Graph } from "./graph";
import { bodiesAround } from "./names";
import type { NodeRun } from "./runs";

type Drawn = Pick<Graph, "nodes" | "edges">;

/** `loop` as the last run had it, as far as it is on record: the body's first step is given the item, as it is if any
 * value may come in. */
export function lastIteration(
  graph: Drawn,
  types: Map<string, NodeType>,
  nodeId: string,
  runs: Record<string, NodeRun>,
): Record<string, unknown> {
  const link = bodiesAround(graph, nodeId)[0];
  const run = runs[link?.target ?? ""];
  if (!link || !run) return {};
  const index = /\[(\d+)\]\/[^/]+$/.exec(run.step_key ?? "")?.[1];
  const port = types.get(graph.nodes[link.target]!.component_type)?.inputs[0];
  const given = (run.input ?? {}) as Record<string, unknown>;
  const results = (runs[link.source]?.output as { results?: unknown } | null | undefined)?.results;
  return {
    ...(port?.data_type === "ANY" && port.name in given && { item: given[port.name] }),
    ...(index && { index: Number(index) }),
    ...(Array.isArray(results) && { total: results.length }),
  };
}
