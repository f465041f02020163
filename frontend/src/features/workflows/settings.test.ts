import { describe, expect, it } from "vitest";
import type { Workflow } from "@/api/types";
import { faultsOf, patchOf, settings, valuesOf } from "./settings";

const workflow = {
  name: "A",
  slug: "a",
  tags: ["x"],
  error_handler_workflow_id: 7,
  budgets: { tokens: 5, usd: "0.500000" },
  notifications: [],
} as unknown as Workflow;

describe("settings", () => {
  const before = valuesOf(workflow, (id) => (id === 7 ? "handler" : undefined));

  it("shows what there is in the words of the form", () => {
    expect(before).toMatchObject({ error_handler_workflow: "handler", budget_tokens: 5, budget_usd: "0.5" });
  });

  it("sends only what was changed", () => {
    expect(patchOf(before, { ...before })).toEqual({});
    expect(patchOf(before, { ...before, name: "B", tags: ["x", " y ", ""] })).toEqual({
      name: "B",
      tags: ["x", "y"],
    });
  });

  it("sends both budgets, and null for what was emptied", () => {
    expect(patchOf(before, { ...before, budget_usd: "", error_handler_workflow: "" })).toEqual({
      budgets: { tokens: 5, usd: null },
      error_handler_workflow: null,
    });
  });

  it("puts a sentence at its field", () => {
    expect(
      faultsOf({ budgets: { usd: ["No number."] }, slug: ["Taken."], notifications: ["a", "b"] }),
    ).toEqual({
      budget_usd: "No number.",
      slug: "Taken.",
      notifications: "a b",
    });
  });

  it("helps with every field", () => {
    for (const field of Object.values(settings().properties!))
      expect(field.title && field.description).toBeTruthy();
  });
});
