import { describe, expect, it } from "vitest";
import { completionAt, pathsIn } from "./completion";

const NAMES = [
  { path: "first.output", detail: "41" },
  { path: "first.output.deep.more" },
  { path: "trigger.text" },
];
const labels = (before: string, explicit = false) =>
  completionAt(before, NAMES, explicit)?.options.map((one) => one.label);

describe("completionAt", () => {
  it("offers names inside braces, from where the word begins", () => {
    expect(labels("{{ ")).toEqual(["first.output", "trigger.text"]);
    expect(completionAt("a {{ fir", NAMES, false)?.from).toBe(5);
  });

  it("goes deeper once the beginning is written", () => {
    expect(labels("{{ first.output.deep")).toContain("first.output.deep.more");
  });

  it("offers filters after a bar, and words in a block", () => {
    expect(labels("{{ x | up")).toContain("upper");
    expect(labels("{% f")).toEqual(expect.arrayContaining(["for", "trigger.text"]));
  });

  it("says nothing outside of braces and within quotes", () => {
    expect(labels("plain ")).toBeUndefined();
    expect(labels("{{ a }} b")).toBeUndefined();
    expect(labels("{{ 'fir")).toBeUndefined();
  });

  it("puts the braces around what is asked for outside of them", () => {
    expect(completionAt("say ", NAMES, true)?.options[0]?.apply).toBe("{{ first.output }}");
  });
});

describe("pathsIn", () => {
  it("finds what lies in a value, the nearest first", () => {
    const found = pathsIn("a.output", { n: 41, list: [{ x: 1 }], "no name": 2 });
    expect(found.map((one) => one.path)).toEqual([
      "a.output",
      "a.output.n",
      "a.output.list",
      "a.output.list.0",
      "a.output.list.0.x",
    ]);
    expect(found[1]?.detail).toBe("41");
  });

  it("stops in what is deep, or large", () => {
    const deep: Record<string, unknown> = {};
    deep.self = deep;
    expect(
      pathsIn("a", Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]))),
    ).toHaveLength(200);
    expect(() => pathsIn("a", { b: { c: { d: { e: { f: { g: 1 } } } } } })).not.toThrow();
  });
});
