/** A schedule as its form holds it, and as the API takes it. Pure. */
import { t } from "@lingui/core/macro";
import type { Schedule } from "./queries";
import type { Change } from "./saving";

export interface Draft {
  name: string;
  description: string;
  workflow: string;
  trigger: string;
  by: "interval" | "cron";
  /** A number of `unit`, as it is typed. */
  every: string;
  unit: number;
  cron: string;
  timezone: string;
  /** Empty: without end. */
  repeats: string;
  retries: string;
  /** Seconds; empty: none. */
  timeout: string;
  payload: string;
  catch_up: Schedule["catch_up"];
  overlap: Schedule["overlap"];
}

export const units = (): [string, number][] => [
  [t`seconds`, 1],
  [t`minutes`, 60],
  [t`hours`, 3600],
  [t`days`, 86_400],
];

export function draftOf(given: Schedule | null, timezone: string): Draft {
  const seconds = given?.interval_seconds ?? 3600;
  const sizes = units().map(([, size]) => size);
  const unit = sizes.findLast((size) => seconds % size === 0) ?? 1;
  return {
    name: given?.name ?? "",
    description: given?.description ?? "",
    workflow: given?.workflow_slug ?? "",
    trigger: given?.trigger_node_id ?? "",
    by: given?.interval_seconds ? "interval" : "cron",
    every: String(seconds / unit),
    unit,
    cron: given?.cron ?? "0 8 * * *",
    timezone: given?.timezone ?? timezone,
    repeats: String(given?.total_repeats ?? ""),
    retries: String(given?.max_retries ?? 0),
    timeout: String(given?.timeout_seconds ?? ""),
    payload: JSON.stringify(given?.trigger_payload ?? {}, null, 2),
    catch_up: given?.catch_up ?? "skip",
    overlap: given?.overlap ?? "skip",
  };
}

const number = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));

export function secondsOf({ every, unit }: Draft): number {
  return Math.round(Number(every) * unit);
}

/** What is sent. Raises SyntaxError for a payload that is no JSON. */
export function changeOf(draft: Draft): Change {
  const timing =
    draft.by === "interval"
      ? { interval_seconds: secondsOf(draft), cron: null }
      : { interval_seconds: null, cron: draft.cron };
  return {
    ...timing,
    name: draft.name.trim(),
    description: draft.description,
    trigger_node_id: draft.trigger,
    timezone: draft.timezone,
    total_repeats: number(draft.repeats),
    max_retries: number(draft.retries) ?? 0,
    timeout_seconds: number(draft.timeout),
    trigger_payload: draft.payload.trim() ? JSON.parse(draft.payload) : {},
    catch_up: draft.catch_up,
    overlap: draft.overlap,
  };
}

/** Why it cannot be sent yet, by field. */
export function faultsOf(draft: Draft): Record<string, string> {
  const found: Record<string, string> = {};
  if (!draft.name.trim()) found.name = t`Give the schedule a name.`;
  if (!draft.workflow) found.workflow = t`Choose a workflow.`;
  else if (!draft.trigger) found.trigger_node_id = t`Choose a trigger.`;
  if (draft.by === "interval" && !(secondsOf(draft) >= 1)) found.interval_seconds = t`At least one second.`;
  try {
    const payload: unknown = JSON.parse(draft.payload || "{}");
    if (!payload || typeof payload !== "object" || Array.isArray(payload))
      found.trigger_payload = t`An object is meant, such as ${'{"n": 1}'}.`;
  } catch (error) {
    found.trigger_payload = t`No valid JSON yet: ${(error as Error).message}`;
  }
  return found;
}
