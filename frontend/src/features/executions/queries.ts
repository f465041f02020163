/** What pages ask of executions, and what they do to them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { Execution, ExecutionDetail, Log, Page } from "@/api/types";

export const UNFINISHED = new Set(["pending", "running", "waiting", "interrupted"]);
/** Rows of the journal that come with an execution; more are read page by page. */
export const WITH_DETAIL = 1000;
export const STEPS_PAGE = 200;

export function useExecution(id: string, enabled = true) {
  return useQuery({
    queryKey: ["execution", id],
    queryFn: ({ signal }) => get<ExecutionDetail>(`executions/${id}/`, {}, signal),
    enabled,
  });
}

export interface LogFilters {
  q?: string;
  status?: string;
  node_id?: string;
}

/** The journal page by page. `mark` changes with the execution, so that what is shown is read anew. */
export function useLogs(id: string, filters: LogFilters, page: number, mark: string, enabled: boolean) {
  return useQuery({
    queryKey: ["execution", id, "logs", filters, page, mark],
    queryFn: ({ signal }) =>
      get<Page<Log>>(
        `executions/${id}/logs/`,
        { ...filters, limit: STEPS_PAGE, offset: page * STEPS_PAGE },
        signal,
      ),
    placeholderData: (before) => before,
    enabled,
  });
}

interface Rerun {
  from_step?: string;
  edits?: Record<string, unknown>;
  version?: string;
}

interface Accepted {
  execution_id: string;
}

/** A new execution with the same input. */
export function useRerun(id: string) {
  return useMutation({
    mutationFn: (how: Rerun) => post<Accepted>(`executions/${id}/rerun/`, how, { once: true }),
  });
}

/** A new execution of the same trigger with another input. */
export function useRunWith(execution: Execution) {
  return useMutation({
    mutationFn: (given: { text: string; payload: unknown; version: string }) =>
      post<Accepted>(
        `workflows/${execution.workflow_slug}/execute/`,
        { ...given, trigger_node_id: execution.trigger_node_id },
        { once: true },
      ),
    meta: { quiet: true },
  });
}

export function useDeed(id: string, deed: "cancel" | "retry") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => post(`executions/${id}/${deed}/`, undefined, { once: true }),
    onSettled: () => client.invalidateQueries({ queryKey: ["execution", id] }),
  });
}
