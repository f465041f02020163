/** A page of executions kept fresh by live events: a function of values. */
import type { Execution, ExecutionStatus, Page } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { dayStart } from "@/lib/zone";

/** The page with what the event tells of one of its rows; the same page if it tells nothing of them. */
export function applied(page: Page<Execution>, { type, data }: LiveEvent): Page<Execution> {
  if (!type.startsWith("execution_")) return page;
  const index = page.items.findIndex((one) => one.execution_id === data.execution_id);
  if (index < 0) return page;
  const row = page.items[index]!;
  const status = (data.status ??
    type.replace("execution_", "").replace("started", "running")) as ExecutionStatus;
  const changed: Execution = {
    ...row,
    status,
    duration_ms: (data.duration_ms as number | undefined) ?? row.duration_ms,
    error_message: (data.error as string | undefined) ?? (status === "failed" ? row.error_message : null),
    error_code: (data.error_code as string | undefined) ?? null,
    failed_node_id: (data.failed_node_id as string | undefined) ?? null,
  };
  return { ...page, items: page.items.with(index, changed) };
}

/** Whether a page that shows the newest lacks what the event tells of. */
export function isNews(page: Page<Execution> | undefined, { type, data }: LiveEvent): boolean {
  if (type === "resync") return true;
  return type.startsWith("execution_") && !page?.items.some((one) => one.execution_id === data.execution_id);
}

/** The days of two date fields, in a zone, as the times that the API takes; `to` is the last day, included. */
export function span(zone: string, from?: string, to?: string): { from?: string; to?: string } {
  return {
    from: from && dayStart(from, zone).toISOString(),
    to: to && dayStart(to, zone, 1).toISOString(),
  };
}
