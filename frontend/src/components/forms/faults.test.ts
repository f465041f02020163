import { expect, it } from "vitest";
import type { Schema } from "@/api/types";
import { faultsOf } from "./faults";

const SCHEMA: Schema = {
  required: ["code"],
  $defs: {
    Category: { type: "object", required: ["name"], properties: { name: { type: "string", minLength: 1 } } },
  },
  properties: {
    code: { type: "string", minLength: 1 },
    size: { anyOf: [{ type: "integer", minimum: 1, maximum: 9 }, { type: "null" }] },
    text: { type: "string", maxLength: 3, expression: true },
    categories: { type: "array", items: { $ref: "#/$defs/Category" } },
    headers: { type: "object", additionalProperties: { type: "string" }, expression: true },
    odd: { type: "string", pattern: "(?P<python>x)" } as Schema,
  },
};
const faults = (values: Record<string, unknown>) => faultsOf(SCHEMA, (name) => values[name]);

it("says in sentences what does not fit", () => {
  expect(faults({})).toEqual({ code: "This is needed." });
  expect(faults({ code: "x", size: 0 })).toEqual({ size: "At least 1." });
  expect(faults({ code: "x", size: 1.5 })).toEqual({ size: "It must be a whole number." });
  expect(faults({ code: "x", text: "long" })).toEqual({ text: "At most 3 characters." });
  expect(faults({ code: "x", categories: [{ name: "a" }, { name: "" }] })).toEqual({
    categories: "In item 2, name: this is needed.",
  });
  expect(faults({ code: "x", categories: [{}] })).toEqual({ categories: "In item 1: name is needed." });
});

it("lets pass what fits, is empty, or holds an expression", () => {
  expect(faults({ code: "x", size: null, text: "{{ a.b.c }}", headers: { n: 5 } })).toEqual({});
});

it("leaves to the server what only the server can read", () => {
  expect(faults({ code: "x", odd: "y" })).toEqual({});
});
