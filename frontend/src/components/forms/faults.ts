/** What is wrong with values by their JSON Schema, as sentences for people. Pure; evaluates no code. */
import { Validator, type OutputUnit, type Schema as Draft } from "@cfworker/json-schema";
import type { Schema } from "@/api/types";
import { resolved } from "./schema-form";

/** Sentences by field. What holds an expression is not judged where expressions are allowed: its value comes later. */
export function faultsOf(
  schema: Schema,
  valueOf: (name: string, field: Schema) => unknown,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, raw] of Object.entries(schema.properties ?? {})) {
    const sentence = faultOf(schema, name, raw, valueOf(name, raw));
    if (sentence) found[name] = sentence;
  }
  return found;
}

/** What is wrong with one field's value; null if nothing is. */
export function faultOf(root: Schema, name: string, raw: Schema, value: unknown): string | null {
  const field = resolved(raw, root);
  if (value === undefined || value === null || value === "") {
    const isMissing = value !== "" || (field.minLength ?? 0) > 0;
    return isMissing && root.required?.includes(name) ? "This is needed." : null;
  }
  if (raw.expression && JSON.stringify(value).includes("{{")) return null;
  const errors = errorsOf({ ...field, $defs: root.$defs }, value).filter(({ keyword, keywordLocation }) => {
    if (keyword === "type") return !raw.expression; // the server makes a text of what an expression gives
    if (keyword === "additionalProperties") return at(field, root, keywordLocation) === false;
    return keyword in SENTENCES;
  });
  const deepest = errors.sort((a, b) => b.instanceLocation.length - a.instanceLocation.length)[0];
  if (!deepest) return null;
  const limit = at(field, root, deepest.keywordLocation);
  return within(deepest, SENTENCES[deepest.keyword]!(limit, deepest.error));
}

function errorsOf(schema: Schema, value: unknown): OutputUnit[] {
  try {
    return new Validator(schema as Draft, "2020-12", false).validate(value).errors;
  } catch {
    return []; // such as a pattern that only the server can read: it has the last word
  }
}

/** What stands at a place of the schema, such as `#/items/$ref/properties/name/minLength`. */
function at(field: Schema, root: Schema, place: string): unknown {
  let found: unknown = field;
  for (const step of place.split("/").slice(1)) {
    const here = (found as Record<string, unknown> | undefined)?.[step];
    found = step === "$ref" ? root.$defs?.[String(here).split("/").pop()!] : here;
  }
  return found;
}

/** "In item 2, name: ..." for what lies deeper. */
function within({ instanceLocation }: OutputUnit, sentence: string): string {
  const parts = instanceLocation.split("/").slice(1);
  if (!parts.length) return sentence;
  const words = parts.map((part) => (/^\d+$/.test(part) ? `item ${Number(part) + 1}` : part));
  return `In ${words.join(", ")}: ${sentence[0]!.toLowerCase()}${sentence.slice(1)}`;
}

const KINDS: Record<string, string> = {
  integer: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "yes or no",
  array: "a list",
  object: "an object",
};

const SENTENCES: Record<string, (limit: unknown, error: string) => string> = {
  minimum: (limit) => `At least ${limit}.`,
  maximum: (limit) => `At most ${limit}.`,
  exclusiveMinimum: (limit) => `More than ${limit}.`,
  exclusiveMaximum: (limit) => `Less than ${limit}.`,
  minLength: (limit) => (limit === 1 ? "This is needed." : `At least ${limit} characters.`),
  maxLength: (limit) => `At most ${limit} characters.`,
  minItems: (limit) => (limit === 1 ? "At least one is needed." : `At least ${limit} are needed.`),
  maxItems: (limit) => `At most ${limit}.`,
  maxProperties: (limit) => `At most ${limit}.`,
  pattern: () => "It has signs that are not allowed here.",
  enum: (limit) => `One of ${Array.isArray(limit) ? limit.join(", ") : "those offered"}.`,
  const: (limit) => `It must be ${limit}.`,
  type: (limit) => `It must be ${KINDS[String(limit)] ?? "of another kind"}.`,
  required: (_limit, error) => `${/"([^"]+)"/.exec(error)?.[1] ?? "Something"} is needed.`,
  additionalProperties: () => "It has a part that is not known here.",
};
