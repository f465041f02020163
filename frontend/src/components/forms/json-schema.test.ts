import { describe, expect, it } from "vitest";
import { propertiesOf, withNewProperty, withOrder, withProperty, withoutProperty } from "./json-schema";

const SCHEMA = {
  $comment: "kept",
  type: "object",
  properties: {
    name: { type: "string", title: "Your name", minLength: 2 },
    stars: { type: "integer", enum: [1, 2, 3] },
    place: { type: "object", properties: { street: { type: "string" } } },
    either: { anyOf: [{ type: "string" }, { type: "number" }] },
  },
  required: ["name"],
  additionalProperties: false,
};

describe("a schema as rows", () => {
  it("shows names, types, what is required, and choices", () => {
    const rows = propertiesOf(SCHEMA)!;
    expect(rows.map((row) => [row.name, row.type, row.required])).toEqual([
      ["name", "string", true],
      ["stars", "integer", false],
      ["place", "object", false],
      ["either", null, false],
    ]);
    expect(rows[1]?.choices).toEqual(["1", "2", "3"]);
  });

  it("loses nothing that the rows do not show", () => {
    const next = withProperty(SCHEMA, "name", { name: "call", description: "As on the door" });
    expect(Object.keys(next.properties as object)).toEqual(["call", "stars", "place", "either"]);
    expect(next).toMatchObject({
      $comment: "kept",
      additionalProperties: false,
      required: ["call"],
      properties: {
        call: { title: "Your name", minLength: 2, description: "As on the door" },
        place: SCHEMA.properties.place,
        either: SCHEMA.properties.either,
      },
    });
  });

  it("types the choices of numbers", () => {
    const next = withProperty(SCHEMA, "stars", { choices: ["4", "5"] });
    expect((next.properties as Record<string, unknown>).stars).toEqual({ type: "integer", enum: [4, 5] });
    const none = withProperty(SCHEMA, "stars", { choices: [] });
    expect((none.properties as Record<string, unknown>).stars).toEqual({ type: "integer" });
  });

  it("adds, removes and orders", () => {
    expect(withNewProperty(null)).toEqual({ type: "object", properties: { field_1: { type: "string" } } });
    const gone = withoutProperty(SCHEMA, "name");
    expect(gone.required).toBeUndefined();
    expect(Object.keys(withOrder(gone, ["place", "stars", "either"]).properties as object)).toEqual([
      "place",
      "stars",
      "either",
    ]);
  });

  it("does not take another's name", () => {
    expect(Object.keys(withProperty(SCHEMA, "name", { name: "stars" }).properties as object)).toHaveLength(4);
  });

  it("leaves to JSON what is no list of fields", () => {
    expect(propertiesOf({ type: "array" })).toBeNull();
    expect(propertiesOf({ $ref: "#/$defs/x" })).toBeNull();
    expect(propertiesOf({ type: "object", properties: { a: true } })).toBeNull();
    expect(propertiesOf({})).toEqual([]);
  });
});
