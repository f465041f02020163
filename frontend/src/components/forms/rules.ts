/** Rules as switch, filter and assertion have them: operators, and what each compares with. Pure. */
import { t } from "@lingui/core/macro";
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

/** How an expression is written: in the texts it is a value, since braces in them mean something else. */
export const EXPRESSION = "{{ expression }}";

const of = (takes: Comparand, ...pairs: [string, string][]): Operator[] =>
  pairs.map(([name, label]) => ({ name, label, takes }));

/** Operators by the type of what they look at. */
export const operators = (): [string, Operator[]][] => [
  [
    t`Anything`,
    [
      ...of("any", ["equals", t`equals`], ["not_equals", t`does not equal`]),
      ...of(
        "nothing",
        ["exists", t`exists`],
        ["does_not_exist", t`does not exist`],
        ["is_empty", t`is empty`],
        ["is_not_empty", t`is not empty`],
      ),
    ],
  ],
  [
    t`Text`,
    [
      ...of("any", ["contains", t`contains`], ["not_contains", t`does not contain`]),
      ...of(
        "text",
        ["starts_with", t`starts with`],
        ["not_starts_with", t`does not start with`],
        ["ends_with", t`ends with`],
        ["not_ends_with", t`does not end with`],
        ["matches_regex", t`matches the pattern`],
        ["not_matches_regex", t`does not match the pattern`],
      ),
    ],
  ],
  [
    t`Number`,
    of(
      "number",
      ["gt", t`is greater than`],
      ["gte", t`is at least`],
      ["lt", t`is less than`],
      ["lte", t`is at most`],
    ),
  ],
  [
    t`Time`,
    of(
      "time",
      ["after", t`is after`],
      ["after_or_equal", t`is at or after`],
      ["before", t`is before`],
      ["before_or_equal", t`is at or before`],
    ),
  ],
  [t`Yes or no`, of("nothing", ["is_true", t`is true`], ["is_false", t`is false`])],
  [
    t`Length of a list or text`,
    of(
      "number",
      ["length_eq", t`has the length`],
      ["length_neq", t`has not the length`],
      ["length_gt", t`is longer than`],
      ["length_gte", t`is at least as long as`],
      ["length_lt", t`is shorter than`],
      ["length_lte", t`is at most as long as`],
    ),
  ],
];

export function takes(operator: string | undefined): Comparand {
  const found = operators()
    .flatMap(([, list]) => list)
    .find((one) => one.name === operator);
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
    return t`A number is meant, such as 5, or an ${EXPRESSION}.`;
  if (kind === "time" && !/^\s*\d{4}-\d\d-\d\d/.test(written))
    return t`A time is meant, such as 2026-01-31T12:00:00Z, or an ${EXPRESSION}.`;
  if (operator?.includes("regex") && written === "") return t`A pattern is meant, such as ${"^[A-Z]+$"}.`;
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
