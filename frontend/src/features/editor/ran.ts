/** How a run went, as it is read: for the replay of a past one, and to catch up with one whose events were missed. */
import { get } from "@/api/client";
import type { Execution, WorkflowNode } from "@/api/types";
import type { NodeRun, Runs } from "./runs";

export interface Ran extends WorkflowNode {
  run: {
    status: string;
    counts: Record<string, number>;
    duration_ms: number | null;
    last: { input: unknown; output: unknown; error: string | null; error_code: string | null } | null;
  } | null;
}

export function ranAs({ run }: Ran): NodeRun {
  return {
    status: run!.status,
    count: Object.values(run!.counts).reduce((sum, one) => sum + one, 0),
    duration_ms: run!.duration_ms ?? undefined,
    input: run!.last?.input,
    output: run!.last?.output,
    error: run!.last?.error ?? undefined,
    error_code: run!.last?.error_code ?? undefined,
  };
}

/** Read the run that is followed afresh. While the server is away nothing changes: the next gap is caught up, too. */
export async function catchUp(runs: Runs): Promise<void> {
  const { executionId } = runs.getState();
  if (!executionId) return;
  try {
    const [{ nodes }, { status }] = await Promise.all([
      get<{ nodes: Ran[] }>(`executions/${executionId}/graph/`),
      get<Execution>(`executions/${executionId}/`),
    ]);
    if (runs.getState().executionId !== executionId) return;
    const ran = nodes.flatMap((node) => (node.run ? [[node.node_id, ranAs(node)] as const] : []));
    runs.setState({ status, nodes: Object.fromEntries(ran) });
  } catch {
    return;
  }
}
