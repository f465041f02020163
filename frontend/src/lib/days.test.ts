import { describe, expect, it } from "vitest";
import { bars, everyDay } from "./days";

describe("everyDay", () => {
  it("fills the days without a run, across the end of a month", () => {
    const found = [{ date: "2026-03-01", runs: 4, failed: 1 }];
    expect(everyDay("2026-02-27", found, 4, { runs: 0, failed: 0 })).toEqual([
      { date: "2026-02-27", runs: 0, failed: 0 },
      { date: "2026-02-28", runs: 0, failed: 0 },
      { date: "2026-03-01", runs: 4, failed: 1 },
      { date: "2026-03-02", runs: 0, failed: 0 },
    ]);
  });
});

describe("bars", () => {
  const day = (runs: number, failed = 0) => ({ date: "", runs, failed });

  it("scales to the busiest day", () => {
    expect(bars([day(10, 5), day(5)], 20, 4)).toEqual([
      { x: 0, height: 20, failed: 10 },
      { x: 4, height: 10, failed: 0 },
    ]);
  });

  it("shows one failure among thousands, and nothing for a day of rest", () => {
    expect(bars([day(9000, 1), day(0)], 20, 4)).toEqual([
      { x: 0, height: 20, failed: 1.5 },
      { x: 4, height: 0, failed: 0 },
    ]);
  });
});
