import { expect, test } from "vitest";
import { isOutdated } from "./outdated";
import type { Schedule } from "./queries";

const schedule = {
  interval_seconds: 60,
  cron: null,
  timezone: "UTC",
  total_repeats: null,
  max_retries: 0,
  timeout_seconds: null,
  trigger_payload: { n: 1 },
  catch_up: "skip",
  overlap: "skip",
} as unknown as Schedule;

test("a schedule is outdated when a setting that it took over has changed", () => {
  const config: Record<string, unknown> = { ...schedule, cron: "", trigger_payload: { n: 1 } };
  const outdated = (changes: object) => isOutdated(schedule, (name) => ({ ...config, ...changes })[name]);
  expect(outdated({})).toBe(false);
  expect(outdated({ priority: 5 })).toBe(false);
  expect(outdated({ interval_seconds: 30 })).toBe(true);
  expect(outdated({ trigger_payload: { n: 2 } })).toBe(true);
});
