import { expect, it } from "vitest";
import { changeOf, draftOf, faultsOf } from "./draft";
import type { Schedule } from "./queries";

const HOURLY = { interval_seconds: 7200, timezone: "Europe/Berlin", total_repeats: 3 } as Schedule;

it("reads an interval in the largest unit that fits, and writes it back", () => {
  const draft = draftOf(HOURLY, "UTC");
  expect([draft.by, draft.every, draft.unit, draft.timezone]).toEqual([
    "interval",
    "2",
    3600,
    "Europe/Berlin",
  ]);
  expect(changeOf(draft)).toMatchObject({ interval_seconds: 7200, cron: null, total_repeats: 3 });
});

it("sends a cron line in the place of an interval, and nothing for what is empty", () => {
  const draft = { ...draftOf(HOURLY, "UTC"), by: "cron" as const, cron: "0 9 * * 1", repeats: "" };
  expect(changeOf(draft)).toMatchObject({ interval_seconds: null, cron: "0 9 * * 1", total_repeats: null });
});

it("says what is missing before it is sent", () => {
  const draft = draftOf(null, "UTC");
  expect(Object.keys(faultsOf(draft))).toEqual(["name", "workflow"]);
  const full = { ...draft, name: "n", workflow: "w", trigger: "t" };
  expect(faultsOf(full)).toEqual({});
  expect(faultsOf({ ...full, payload: "[1]" }).trigger_payload).toMatch(/object/);
  expect(faultsOf({ ...full, payload: "{" }).trigger_payload).toMatch(/No valid JSON/);
  expect(faultsOf({ ...full, by: "interval", every: "0" }).interval_seconds).toMatch(/one second/);
});
