/** What is wrong with values by their JSON Schema, as sentences for people. Pure; evaluates no code. */
import { Validator, type OutputUnit, type Schema as Draft } from "@cfworker/json-schema";
import { t } from "@lingui/core/macro";
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
    return isMissing && root.required?.includes(name) ? t`This is needed.` : null;
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
  const told = Array.isArray(limit) ? limit.join(", ") : String(limit ?? "");
  return within(deepest, SENTENCES[deepest.keyword]!(told, deepest.error));
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
  const place = parts.map((part) => (/^\d+$/.test(part) ? t`item ${Number(part) + 1}` : part)).join(", ");
  const rest = `${sentence[0]!.toLowerCase()}${sentence.slice(1)}`;
  return t`In ${place}: ${rest}`;
}

const kinds = (): Record<string, string> => ({
  integer: t`a whole number`,
  number: t`a number`,
  string: t`a text`,
  boolean: t`yes or no`,
  array: t`a list`,
  object: t`an object`,
});

const SENTENCES: Record<string, (limit: string, error: string) => string> = {
  minimum: (limit) => t`At least ${limit}.`,
  maximum: (limit) => t`At most ${limit}.`,
  exclusiveMinimum: (limit) => t`More than ${limit}.`,
  exclusiveMaximum: (limit) => t`Less than ${limit}.`,
  minLength: (limit) => (limit === "1" ? t`This is needed.` : t`At least ${limit} characters.`),
  maxLength: (limit) => t`At most ${limit} characters.`,
  minItems: (limit) => (limit === "1" ? t`At least one is needed.` : t`At least ${limit} are needed.`),
  maxItems: (limit) => t`At most ${limit}.`,
  maxProperties: (limit) => t`At most ${limit}.`,
  pattern: () => t`It has signs that are not allowed here.`,
  enum: (limit) => t`One of ${limit || t`those offered`}.`,
  const: (limit) => t`It must be ${limit}.`,
  type: (limit) => t`It must be ${kinds()[limit] ?? t`of another kind`}.`,
  required: (_limit, error) => t`${/"([^"]+)"/.exec(error)?.[1] ?? t`Something`} is needed.`,
  additionalProperties: () => t`It has a part that is not known here.`,
};
