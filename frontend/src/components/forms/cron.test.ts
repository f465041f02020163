import { describe, expect, it } from "vitest";
import { clockOf, lineOf, offsetOf, timesOf } from "./cron";

describe("cron lines", () => {
  it.each([
    ["* * * * *", "minutes"],
    ["*/15 * * * *", "minutes"],
    ["5 * * * *", "hourly"],
    ["30 8 * * *", "daily"],
    ["0 9 * * 1-5", "weekly"],
    ["0 9 * * 0,6", "weekly"],
    ["0 6 31 * *", "monthly"],
    ["0 8 * 1 *", "fields"],
    ["*/7 * * * *", "fields"],
    ["0 8 1 * 1", "fields"],
    ["@daily", "fields"],
    ["0 8 * * MON", "fields"],
    ["99 8 * * *", "fields"],
  ])("%s is said as %s", (line, every) => {
    expect(timesOf(line).every).toBe(every);
  });

  it("are the same after they are read and written", () => {
    for (const line of [
      "* * * * *",
      "*/20 * * * *",
      "5 * * * *",
      "30 8 * * *",
      "0 9 * * 0,6",
      "0 6 31 * *",
      "@daily",
    ])
      expect(lineOf(timesOf(line))).toBe(line);
    expect(lineOf(timesOf("0 9 * * 1-5"))).toBe("0 9 * * 1,2,3,4,5");
    expect(lineOf(timesOf("0 9 * * 7"))).toBe("0 9 * * 0");
  });

  it("keep the place of a part that is empty while it is written", () => {
    expect(timesOf("0  * * *").fields).toEqual(["0", "", "*", "*", "*"]);
    expect(lineOf(timesOf("0  * * *"))).toBe("0  * * *");
  });
});

it("shows a time on its own clock", () => {
  expect(clockOf("2026-03-29T03:00:00+02:00")).toBe("Sun, 29 Mar 2026, 03:00");
  expect(offsetOf("2026-03-29T03:00:00+02:00")).toBe("+02:00");
  expect(offsetOf("2026-03-29T03:00:00Z")).toBe("UTC");
});
