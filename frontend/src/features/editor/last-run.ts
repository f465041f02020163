/** The last run, node by node: what was seen here, else the newest execution on record. */
import { useQuery } from "@tanstack/react-query";
import { useDocument, useEditor, useRuns } from "./context";
import { newest, nodesOf } from "./ran";
import type { NodeRun } from "./runs";

interface LastRun {
  executionId: string | null;
  nodes: Record<string, NodeRun>;
}

async function recorded(slug: string, followed: string | null): Promise<LastRun> {
  const executionId = followed ?? (await newest(slug));
  if (!executionId) return { executionId: null, nodes: {} };
  return { executionId, nodes: await nodesOf(executionId) };
}

/** What is recorded of the run on screen (read again when its status changes), else of the newest one. */
export function useRecorded(): LastRun {
  const { slug } = useEditor();
  const executionId = useRuns((state) => state.executionId);
  const status = useRuns((state) => state.status);
  const { data } = useQuery({
    queryKey: ["last-run", slug, executionId, status],
    queryFn: () => recorded(slug, executionId),
    placeholderData: (before) => before,
    staleTime: Infinity,
    gcTime: 0,
  });
  return data ?? { executionId, nodes: {} };
}

/** Port values by node id; those of the trigger that fired under `trigger` as well. */
export function useLastOutputs(): Record<string, unknown> {
  const { types } = useEditor();
  const runs = useRuns((state) => state.nodes);
  const nodes = useDocument((state) => state.nodes);
  const ran = Object.entries({ ...useRecorded().nodes, ...runs }).filter(([, run]) => run.output != null);
  const all: Record<string, unknown> = Object.fromEntries(ran.map(([id, run]) => [id, run.output]));
  const fired = Object.keys(all).find((id) => types.get(nodes[id]?.component_type ?? "")?.is_trigger);
  return fired ? { trigger: all[fired], ...all } : all;
}
