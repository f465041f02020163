/** Rules as switch, filter and assertion have them: operators, and what each compares with. Pure. */
export interface Rule {
  id?: string;
  label?: string;
  field?: string;
  operator?: string;
  value?: unknown;
}

export type Comparand = "any" | "text" | "number" | "time" | "nothing";

interface Operator {
  name: string;
  label: string;
  takes: Comparand;
}

const of = (takes: Comparand, ...pairs: [string, string][]): Operator[] =>
  pairs.map(([name, label]) => ({ name, label, takes }));

/** Operators by the type of what they look at. */
export const OPERATORS: [string, Operator[]][] = [
  [
    "Anything",
    [
      ...of("any", ["equals", "equals"], ["not_equals", "does not equal"]),
      ...of(
        "nothing",
        ["exists", "exists"],
        ["does_not_exist", "does not exist"],
        ["is_empty", "is empty"],
        ["is_not_empty", "is not empty"],
      ),
    ],
  ],
  [
    "Text",
    [
      ...of("any", ["contains", "contains"], ["not_contains", "does not contain"]),
      ...of(
        "text",
        ["starts_with", "starts with"],
        ["not_starts_with", "does not start with"],
        ["ends_with", "ends with"],
        ["not_ends_with", "does not end with"],
        ["matches_regex", "matches the pattern"],
        ["not_matches_regex", "does not match the pattern"],
      ),
    ],
  ],
  [
    "Number",
    of(
      "number",
      ["gt", "is greater than"],
      ["gte", "is at least"],
      ["lt", "is less than"],
      ["lte", "is at most"],
    ),
  ],
  [
    "Time",
    of(
      "time",
      ["after", "is after"],
      ["after_or_equal", "is at or after"],
      ["before", "is before"],
      ["before_or_equal", "is at or before"],
    ),
  ],
  ["Yes or no", of("nothing", ["is_true", "is true"], ["is_false", "is false"])],
  [
    "Length of a list or text",
    of(
      "number",
      ["length_eq", "has the length"],
      ["length_neq", "has not the length"],
      ["length_gt", "is longer than"],
      ["length_gte", "is at least as long as"],
      ["length_lt", "is shorter than"],
      ["length_lte", "is at most as long as"],
    ),
  ],
];

export function takes(operator: string | undefined): Comparand {
  const found = OPERATORS.flatMap(([, list]) => list).find((one) => one.name === operator);
  return found?.takes ?? "any";
}

/** What is typed, as the operator compares it: a number where it takes one and the text is one. */
export function comparand(operator: string | undefined, typed: string): unknown {
  const number = Number(typed);
  return takes(operator) === "number" && typed.trim() !== "" && String(number) === typed ? number : typed;
}

/** Why a value cannot be compared so; null if it can. Expressions are not looked into. */
export function valueFault(operator: string | undefined, value: unknown): string | null {
  const kind = takes(operator);
  if (kind === "nothing" || typeof value === "number") return null;
  const written = value == null ? "" : String(value);
  if (written.includes("{{")) return null;
  if (kind === "number" && (written.trim() === "" || Number.isNaN(Number(written))))
    return "A number is meant, such as 5, or an {{ expression }}.";
  if (kind === "time" && !/^\s*\d{4}-\d\d-\d\d/.test(written))
    return "A time is meant, such as 2026-01-31T12:00:00Z, or an {{ expression }}.";
  if (operator?.includes("regex") && written === "") return "A pattern is meant, such as ^[A-Z]+$.";
  return null;
}

/** The rules with an id for each that has none: the edges of a switch name it. */
export function named(rules: Rule[]): Rule[] {
  const taken = new Set(rules.map((rule) => rule.id));
  let number = 1;
  return rules.map((rule) => {
    if (rule.id) return rule;
    while (taken.has(`rule_${number}`)) number += 1;
    taken.add(`rule_${number}`);
    return { ...rule, id: `rule_${number}` };
  });
}

/** A rule with another operator; a value that it does not take is dropped. */
export function withOperator(rule: Rule, operator: string): Rule {
  const { value, ...rest } = rule;
  if (takes(operator) === "nothing") return { ...rest, operator };
  if (value === undefined) return { ...rest, operator };
  return { ...rest, operator, value: typeof value === "string" ? comparand(operator, value) : value };
}
