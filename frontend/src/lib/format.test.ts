import { describe, expect, it } from "vitest";
import { ago, bytes, duration, unescaped, unmarked, until } from "./format";

describe("bytes", () => {
  it.each([
    [512, "512 B"],
    [65_536, "64 KB"],
    [5_242_880, "5 MB"],
  ])("%d is %s", (size, text) => expect(bytes(size)).toBe(text));
});

describe("duration", () => {
  it.each([
    [0.25, "0.3 ms"],
    [1500, "1.5 s"],
    [2000, "2 s"],
    [90_000, "1 min 30 s"],
    [120_000, "2 min"],
    [3_600_000, "1 h"],
    [5_400_000, "1 h 30 min"],
  ])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));
});

it("takes the marks of Markdown away", () => {
  expect(unmarked("By **Run**, *none* or `{{ a }}`: 2 * 3 * 4")).toBe("By Run, none or {{ a }}: 2 * 3 * 4");
});

it("tells what was from what is to come", () => {
  const now = Date.parse("2026-05-01T12:00:00Z");
  expect(ago("2026-05-01T11:59:55Z", now)).toBe("just now");
  expect(ago("2026-05-01T12:00:05Z", now)).toBe("in a moment");
  expect(until("2026-05-01T12:02:00Z", now)).toBe("in 2 minutes");
  expect(until("2026-05-01T11:00:00Z", now)).toBe("in a moment");
});

it("shows JSON within texts as what it is, and other texts as they are", () => {
  const given = { content: '{"text": "6 * 7", "list": "[1]"}', other: ["{{ a }}", "7"], none: null };
  const read = { content: { text: "6 * 7", list: [1] }, other: ["{{ a }}", "7"], none: null };
  expect(unescaped(given)).toEqual(read);
});
