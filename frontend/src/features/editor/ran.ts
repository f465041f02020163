/** How a run went, as it is read: a past one, or one whose events were missed. */
import { get } from "@/api/client";
import type { Execution, Page, WorkflowNode } from "@/api/types";
import type { NodeRun, RunState } from "./runs";

export interface Ran extends WorkflowNode {
  run: {
    status: string;
    counts: Record<string, number>;
    duration_ms: number | null;
    last?: {
      step_key: string;
      input: unknown;
      output: unknown;
      error: string | null;
      error_code: string | null;
    } | null;
  } | null;
}

export function ranAs({ run }: Ran): NodeRun {
  const count = Object.values(run!.counts).reduce((sum, one) => sum + one, 0);
  return {
    status: run!.status,
    count,
    duration_ms: count ? (run!.duration_ms ?? undefined) : undefined, // none while the first step still goes on
    step_key: run!.last?.step_key,
    input: run!.last?.input,
    output: run!.last?.output,
    error: run!.last?.error ?? undefined,
    error_code: run!.last?.error_code ?? undefined,
  };
}

/** How an execution stands. Its status is read first: the steps are never older than what it says. */
export async function read(executionId: string): Promise<Pick<RunState, "status" | "nodes">> {
  const { status } = await get<Execution>(`executions/${executionId}/`);
  return { status, nodes: await nodesOf(executionId) };
}

/** The newest execution of a workflow: of all, or of those of one person. */
export async function newest(slug: string, user?: string): Promise<string | null> {
  const found = await get<Page<Execution>>("executions/", { workflow_slug: slug, user, limit: 1 });
  return found.items[0]?.execution_id ?? null;
}

/** How each node fared that had a part in an execution. */
export async function nodesOf(executionId: string): Promise<Record<string, NodeRun>> {
  const { nodes } = await get<{ nodes: Ran[] }>(`executions/${executionId}/graph/`);
  return Object.fromEntries(nodes.flatMap((node) => (node.run ? [[node.node_id, ranAs(node)]] : [])));
}
