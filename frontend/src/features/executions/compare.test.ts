import { describe, expect, it } from "vitest";
import type { Log } from "@/api/types";
import { compared, lines, stable } from "./compare";

const log = (step_key: string, output: unknown, more: Partial<Log> = {}): Log =>
  ({ step_key, output, status: "success", final: true, superseded: false, error: null, ...more }) as Log;

describe("compared", () => {
  it("tells what is new, gone, changed and the same, in order", () => {
    const before = [log("a", { x: 1, y: 2 }), log("b", 1), log("gone", 1), log("c", 1)];
    const after = [log("a", { y: 2, x: 1 }), log("b", 2), log("c", 1, { status: "failed" }), log("new", 1)];
    expect(compared(before, after).map(({ step_key, change }) => [step_key, change])).toEqual([
      ["a", "same"],
      ["b", "output"],
      ["gone", "removed"],
      ["c", "status"],
      ["new", "added"],
    ]);
  });

  it("tells of a step that was given something else, even if what came of it is the same", () => {
    const [before, after] = ["a", "b"].map((text) => [log("reply", null, { input: { text } })]);
    expect(compared(before!, after!)).toMatchObject([{ step_key: "reply", change: "input" }]);
  });

  it("takes the row that settled the step, not a try that failed or was superseded", () => {
    const before = [log("a", 1, { final: false }), log("a", 2, { superseded: true }), log("a", 3)];
    expect(compared(before, [log("a", 3)])).toMatchObject([{ change: "same", before: { output: 3 } }]);
  });
});

describe("lines", () => {
  it("keeps what both have, and tells removed before added", () => {
    expect(lines("a\nb\nc\nd", "a\nc\nx\nd").map(({ kind, text }) => `${kind[0]} ${text}`)).toEqual([
      "s a",
      "r b",
      "s c",
      "a x",
      "s d",
    ]);
  });

  it("finds equal texts equal", () => {
    expect(lines("a\na", "a\na").every((line) => line.kind === "same")).toBe(true);
  });

  it("does not compare huge texts line by line", () => {
    const text = (from: number) => Array.from({ length: 5000 }, (_, index) => from + index).join("\n");
    expect(lines(text(0), text(1_000_000))).toHaveLength(10_000);
  });
});

describe("stable", () => {
  it("does not depend on the order of keys", () => {
    expect(stable({ b: [{ d: 1, c: 2 }], a: 1 })).toBe('{"a":1,"b":[{"c":2,"d":1}]}');
  });
});
