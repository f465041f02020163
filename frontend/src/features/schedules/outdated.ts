/** Whether a trigger's config has changed since its schedule took it over. Pure. */
import { same } from "../editor/fields";
import type { Schedule } from "./queries";

/** What a schedule takes over from the config of its node. */
const TAKEN = [
  "interval_seconds",
  "cron",
  "timezone",
  "total_repeats",
  "max_retries",
  "timeout_seconds",
  "trigger_payload",
  "catch_up",
  "overlap",
] as const;

export function isOutdated(schedule: Schedule, valueOf: (name: string) => unknown): boolean {
  return TAKEN.some((name) => !same(schedule[name] || null, valueOf(name) || null));
}
