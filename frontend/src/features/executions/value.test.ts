import { describe, expect, it } from "vitest";
import { split } from "./value";

const reference = { $ref: "abc", size: 70_000, preview: "{" };

describe("split", () => {
  it("sets apart what is kept by reference", () => {
    expect(split({ output: reference, n: 1 })).toEqual({
      plain: { n: 1 },
      parts: [{ name: "output", reference }],
    });
    expect(split({ output: reference })).toEqual({
      plain: undefined,
      parts: [{ name: "output", reference }],
    });
    expect(split(reference).parts).toEqual([{ name: "", reference }]);
  });

  it.each([[null], ["text"], [[1, 2]], [{ a: { b: 1 } }]])("leaves %j as it is", (value) => {
    expect(split(value)).toEqual({ plain: value, parts: [] });
  });
});
