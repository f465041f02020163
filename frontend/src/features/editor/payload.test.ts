import { expect, it } from "vitest";
import { node } from "./fixtures";
import { filled, formOf, takesInput } from "./payload";

const SCHEMA = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string" },
    size: { type: "integer", enum: [1, 2], default: 2 },
    loud: { type: "boolean" },
    notes: { type: "string" },
  },
};
const trigger = (input_schema: unknown) => node("start", "trigger_manual", { input_schema });

it("is asked for by a form if the trigger has one that can be shown", () => {
  expect(formOf(trigger(SCHEMA))).toEqual(SCHEMA);
  for (const other of [undefined, null, {}, { type: "array" }, { type: "object", properties: { a: true } }])
    expect(formOf(trigger(other))).toBeNull();
  const warnings = [{ node_id: "start", field: "config.input_schema", message: "No schema.", code: "" }];
  expect(formOf({ ...trigger(SCHEMA), warnings })).toBeNull();
});

it("is what was filled in, with defaults, without what is empty", () => {
  expect(filled(SCHEMA, {})).toEqual({ size: 2, loud: false });
  expect(filled(SCHEMA, { name: "Ada", size: 1, loud: true, notes: "" })).toEqual({
    name: "Ada",
    size: 1,
    loud: true,
  });
});

it("is asked for where the workflow uses it, or by a form", () => {
  const using = (text: string) => [node("a", "set", { values: { n: text } })];
  expect(takesInput(trigger(null), using("{{ other.text }} trigger_text"))).toBe(false);
  const rules = [{ field: "trigger.payload.n", operator: "exists" }];
  expect(takesInput(trigger(null), [node("a", "set", { rules })])).toBe(true);
  for (const text of [
    "{{ trigger.text }}",
    "{% if trigger.payload.n %}x{% endif %}",
    "{{ 1 + start.payload.n }}",
  ])
    expect(takesInput(trigger(null), using(text))).toBe(true);
  expect(takesInput(trigger(SCHEMA), [])).toBe(true);
  expect(takesInput({ ...trigger(null), component_type: "trigger_webhook" }, [])).toBe(true);
});
