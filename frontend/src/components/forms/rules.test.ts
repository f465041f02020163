import { describe, expect, it } from "vitest";
import { operators, comparand, named, takes, valueFault, withOperator } from "./rules";

describe("rules", () => {
  it("compare typed values", () => {
    expect(comparand("gt", "5")).toBe(5);
    expect(comparand("gt", "5.")).toBe("5.");
    expect(comparand("gt", "{{ a.b }}")).toBe("{{ a.b }}");
    expect(comparand("equals", "5")).toBe("5");
  });

  it("say what cannot be compared", () => {
    expect(valueFault("gt", "much")).toMatch(/number/);
    expect(valueFault("gt", "{{ a.n }}")).toBeNull();
    expect(valueFault("after", "2026-01-31")).toBeNull();
    expect(valueFault("after", "soon")).toMatch(/time/);
    expect(valueFault("matches_regex", "")).toMatch(/pattern/);
    expect(valueFault("exists", undefined)).toBeNull();
  });

  it("drop a value that an operator does not take, and type one that it takes", () => {
    expect(withOperator({ field: "a", operator: "equals", value: "5" }, "exists")).toEqual({
      field: "a",
      operator: "exists",
    });
    expect(withOperator({ operator: "equals", value: "5" }, "gt").value).toBe(5);
  });

  it("give ids to those without, and no id twice", () => {
    expect(named([{}, { id: "rule_1" }, {}]).map((rule) => rule.id)).toEqual(["rule_2", "rule_1", "rule_3"]);
  });

  it("know every operator once", () => {
    const names = operators().flatMap(([, list]) => list.map((one) => one.name));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(30);
    expect(takes("length_lte")).toBe("number");
  });
});
