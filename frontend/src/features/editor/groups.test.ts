import { expect, it } from "vitest";
import type { NodeType } from "@/api/types";
import { groupOf } from "./groups";

const typeOf = (properties: Record<string, object>) =>
  ({ component_type: "x", config_schema: { properties } }) as unknown as NodeType;

it("groups by the component's own schema, not by a field's name alone", () => {
  const model = /A model of its own/;
  expect(groupOf(typeOf({ model_name: {}, max_retries: {} }), "max_retries")).toMatch(model);
  expect(groupOf(typeOf({ max_retries: { location: "trigger_config" } }), "max_retries")).toBeUndefined();
  expect(groupOf(typeOf({ timeout: {} }), "timeout")).toBeUndefined();
});
