/** The values of the last run, node by node: what was seen here, else the newest execution on record. */
import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Execution, Page, WorkflowNode } from "@/api/types";
import { useDocument, useEditor, useRuns } from "./context";

type Ran = Pick<WorkflowNode, "node_id"> & { run: { last: { output: unknown } | null } | null };

async function recorded(slug: string): Promise<Record<string, unknown>> {
  const found = await get<Page<Execution>>("executions/", { workflow_slug: slug, limit: 1 });
  const newest = found.items[0];
  if (!newest) return {};
  const { nodes } = await get<{ nodes: Ran[] }>(`executions/${newest.execution_id}/graph/`);
  return Object.fromEntries(
    nodes.flatMap((node) => (node.run?.last ? [[node.node_id, node.run.last.output]] : [])),
  );
}

/** Port values by node id; those of the trigger that fired under `trigger` as well. */
export function useLastOutputs(): Record<string, unknown> {
  const { slug, types } = useEditor();
  const runs = useRuns((state) => state.nodes);
  const nodes = useDocument((state) => state.nodes);
  const { data } = useQuery({
    queryKey: ["last-outputs", slug],
    queryFn: () => recorded(slug),
    staleTime: Infinity,
    gcTime: 0,
  });
  const seen = Object.entries(runs).filter(([, run]) => run.output != null);
  const all: Record<string, unknown> = {
    ...data,
    ...Object.fromEntries(seen.map(([id, run]) => [id, run.output])),
  };
  const fired = Object.keys(all).find((id) => types.get(nodes[id]?.component_type ?? "")?.is_trigger);
  return fired ? { trigger: all[fired], ...all } : all;
}
