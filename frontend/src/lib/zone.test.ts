import { afterEach, expect, it } from "vitest";
import { dayStart, showIn, zoneHere, zoneNow } from "./zone";

afterEach(() => showIn(undefined));

it("finds where a day begins, also when the clocks change", () => {
  const start = (day: string, zone: string, later?: number) => dayStart(day, zone, later).toISOString();
  expect(start("2026-01-31", "UTC", 1)).toBe("2026-02-01T00:00:00.000Z");
  expect(start("2026-03-29", "Europe/Berlin")).toBe("2026-03-28T23:00:00.000Z");
  expect(start("2026-03-29", "Europe/Berlin", 1)).toBe("2026-03-29T22:00:00.000Z");
  expect(start("2026-05-01", "America/New_York")).toBe("2026-05-01T04:00:00.000Z");
  expect(start("2026-05-01", "Asia/Kolkata")).toBe("2026-04-30T18:30:00.000Z");
});

it("shows times in the zone of the person, if the browser knows it", () => {
  showIn("Asia/Tokyo");
  expect(zoneNow()).toBe("Asia/Tokyo");
  showIn("Nowhere/At_All");
  expect(zoneNow()).toBe(zoneHere());
});
