import { describe, expect, it } from "vitest";
import { link } from "./fixtures";
import { brief, flowed } from "./flowed";
import type { NodeRun } from "./runs";

const run = (status: string, output?: unknown, more: Partial<NodeRun> = {}): NodeRun => ({
  status,
  output,
  count: 1,
  ...more,
});

describe("what went along an edge", () => {
  it("is what the source gave", () => {
    expect(flowed(link("a", "b"), run("success", { output: "hello" }), run("running"))).toEqual({
      text: "hello",
      value: "hello",
      isDead: false,
    });
    const several = flowed(link("a", "b"), run("success", { output: [1, 2], items: 3, _route: "x" }));
    expect(several).toMatchObject({ text: "2 fields", value: { output: [1, 2], items: 3 } });
  });

  it("is nothing as long as the source has not ended, or for a part that is attached", () => {
    expect(flowed(link("a", "b"))).toBeNull();
    expect(flowed(link("a", "b"), run("running"))).toBeNull();
    expect(flowed(link("a", "b", "tool"), run("success", { output: 1 }))).toBeNull();
  });

  it("is skipped where the flow went another way", () => {
    const big = run("success", { route: "big", _route: "big" });
    expect(flowed(link("s", "b", "", "small"), big)?.isDead).toBe(true);
    expect(flowed(link("s", "b", "", "big"), big)).toMatchObject({ text: "big", isDead: false });
    expect(flowed(link("s", "b", "", "big"), big, undefined, "Large")).toMatchObject({
      text: "Large",
      value: "big",
    });
    expect(flowed(link("s", "b", "", "small"), big, undefined, "Little")?.isDead).toBe(true);
    expect(flowed(link("a", "b"), run("success", { output: 1 }), run("skipped"))?.isDead).toBe(true);
    expect(flowed(link("a", "b"), run("skipped"))?.isDead).toBe(true);
  });

  it("is the error on the edge for errors", () => {
    expect(flowed(link("a", "b", "error"), run("failed", null, { error: "No." }))).toMatchObject({
      value: "No.",
    });
    expect(flowed(link("a", "b", "error"), run("success", { output: 1 }))?.isDead).toBe(true);
    expect(flowed(link("a", "b"), run("failed"))).toBeNull();
  });
});

it.each([
  [null, "nothing"],
  ["", "nothing"],
  [0, "0"],
  [false, "false"],
  ["x".repeat(24), "x".repeat(24)],
  ["x".repeat(1234), "1,234 characters"],
  ["a\nb", "3 characters"],
  [[1], "1 item"],
  [{}, "0 fields"],
])("tells %j in a few words", (value, text) => {
  expect(brief(value)).toBe(text);
});
