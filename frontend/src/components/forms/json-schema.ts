/** A JSON Schema of an object as rows of fields, and back without loss: what the rows do not show stays as it is. Pure. */
import { t } from "@lingui/core/macro";
export type Json = Record<string, unknown>;

export interface Property {
  name: string;
  /** One of `types`, or null for what only JSON can say. */
  type: string | null;
  required: boolean;
  description: string;
  /** The values that are allowed, if only some are. */
  choices: string[];
}

/** What a type is called, by its name in JSON Schema. */
export const types = (): Record<string, string> => ({
  string: t`Text`,
  number: t`Number`,
  integer: t`Whole number`,
  boolean: t`Yes or no`,
  array: t`List`,
  object: t`Object`,
});

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The rows of a schema; null if it is none that rows can show. An empty value has no rows yet. */
export function propertiesOf(schema: unknown): Property[] | null {
  if (schema == null) return [];
  if (!isObject(schema)) return null;
  if (!Object.keys(schema).length) return [];
  if (schema.type !== "object") return null;
  if (schema.properties !== undefined && !isObject(schema.properties)) return null;
  if (schema.required !== undefined && !Array.isArray(schema.required)) return null;
  const required = new Set((schema.required as unknown[] | undefined) ?? []);
  const found = Object.entries((schema.properties as Json | undefined) ?? {});
  if (found.some(([, one]) => !isObject(one))) return null;
  return found.map(([name, one]) => {
    const { type, description, enum: choices } = one as Json;
    return {
      name,
      type: typeof type === "string" && type in types() ? type : null,
      required: required.has(name),
      description: typeof description === "string" ? description : "",
      choices: Array.isArray(choices)
        ? choices.map((item) => (typeof item === "string" ? item : JSON.stringify(item)))
        : [],
    };
  });
}

/** The schema with one property changed; its order stays. */
export function withProperty(schema: unknown, name: string, patch: Partial<Property>): Json {
  const base = begun(schema);
  const before = base.properties[name] as Json;
  const renamed = patch.name !== undefined && !(patch.name in base.properties) ? patch.name : name;
  const after = changed(before, patch);
  const properties = Object.fromEntries(
    Object.entries(base.properties).map(([key, one]) => (key === name ? [renamed, after] : [key, one])),
  );
  const wanted = patch.required ?? base.required.includes(name);
  const others = base.required.map((key) => (key === name ? renamed : key));
  const required = wanted
    ? others.includes(renamed)
      ? others
      : [...others, renamed]
    : others.filter((key) => key !== renamed);
  return finished({ ...base, properties, required });
}

function changed(before: Json, patch: Partial<Property>): Json {
  const after = { ...before };
  if (patch.type && patch.type !== before.type) {
    after.type = patch.type;
    delete after.enum;
  }
  if (patch.description !== undefined) {
    if (patch.description) after.description = patch.description;
    else delete after.description;
  }
  if (patch.choices !== undefined) {
    const isNumber = after.type === "number" || after.type === "integer";
    const typed = patch.choices.map((one) => (isNumber && !Number.isNaN(Number(one)) ? Number(one) : one));
    if (typed.length) after.enum = typed;
    else delete after.enum;
  }
  return after;
}

export function withNewProperty(schema: unknown): Json {
  const base = begun(schema);
  let number = Object.keys(base.properties).length + 1;
  while (`field_${number}` in base.properties) number += 1;
  return finished({ ...base, properties: { ...base.properties, [`field_${number}`]: { type: "string" } } });
}

export function withoutProperty(schema: unknown, name: string): Json {
  const base = begun(schema);
  const { [name]: _gone, ...properties } = base.properties;
  return finished({ ...base, properties, required: base.required.filter((key) => key !== name) });
}

/** The schema with its properties in this order. */
export function withOrder(schema: unknown, names: string[]): Json {
  const base = begun(schema);
  const properties = Object.fromEntries(names.map((name) => [name, base.properties[name]]));
  return finished({ ...base, properties });
}

interface Begun extends Json {
  properties: Json;
  required: string[];
}

function begun(schema: unknown): Begun {
  const given = isObject(schema) ? schema : {};
  const properties = (given.properties as Json | undefined) ?? {};
  return { type: "object", ...given, properties, required: (given.required as string[] | undefined) ?? [] };
}

function finished({ required, ...rest }: Begun): Json {
  return required.length ? { ...rest, required } : rest;
}
