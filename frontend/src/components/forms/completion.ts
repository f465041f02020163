/** What can be completed in an expression: names with a dotted path, and after a bar the filters. Pure. */
import { t } from "@lingui/core/macro";
export interface Name {
  path: string;
  /** Its type, or its value in the last run. */
  detail?: string;
}

export interface Option {
  label: string;
  detail?: string;
  type: "variable" | "function" | "keyword";
  apply?: string;
}

export interface Completions {
  /** Where what is replaced begins. */
  from: number;
  options: Option[];
  validFor?: RegExp;
}

/** What each filter makes of a value. */
const results = (): Record<string, string> => ({
  abs: t`without its sign`,
  batch: t`lists of so many`,
  capitalize: t`first letter large`,
  default: t`in place of what is missing`,
  dictsort: t`pairs in order`,
  filesizeformat: t`1.2 MB`,
  first: t`the first item`,
  float: t`a number`,
  groupby: t`by a property`,
  int: t`a whole number`,
  items: t`pairs of an object`,
  join: t`one text of a list`,
  last: t`the last item`,
  length: t`how many`,
  list: t`a list`,
  lower: t`small letters`,
  map: t`one property of each`,
  max: t`the largest`,
  min: t`the smallest`,
  reject: t`those that are not`,
  rejectattr: t`those whose property is not`,
  replace: t`one text by another`,
  reverse: t`the other way round`,
  round: t`to so many digits`,
  select: t`those that are`,
  selectattr: t`those whose property is`,
  slice: t`so many lists`,
  sort: t`in order`,
  string: t`a text`,
  striptags: t`without HTML`,
  sum: t`all added up`,
  title: t`Each Word Large`,
  tojson: t`as JSON`,
  trim: t`without space around`,
  truncate: t`cut to a length`,
  unique: t`each once`,
  upper: t`large letters`,
  urlencode: t`for an address`,
  wordcount: t`how many words`,
});
const WORDS = ["if", "elif", "else", "endif", "for", "endfor", "set", "in", "not", "and", "or", "is"];

/** The completions for the text before the cursor; outside of `{{ }}` and `{% %}` only when they are asked for. */
export function completionAt(before: string, names: Name[], explicit: boolean): Completions | null {
  const opening = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  const closing = Math.max(before.lastIndexOf("}}"), before.lastIndexOf("%}"));
  if (opening < 0 || closing > opening) return explicit ? outside(before, names) : null;
  const inside = before.slice(opening + 2);
  if (isInText(inside)) return null;
  const filter = /\|\s*(\w*)$/.exec(inside);
  if (filter) return { from: before.length - filter[1]!.length, options: filters(), validFor: /^\w*$/ };
  const written = /[A-Za-z_][\w.]*$/.exec(inside)?.[0] ?? "";
  if (!written && /[\w.\])]$/.test(inside) && !explicit) return null;
  const options = names.filter((name) => isNear(name.path, written)).map((name) => option(name));
  if (before.startsWith("{%", opening))
    options.push(...WORDS.map((label) => ({ label, type: "keyword" as const })));
  return { from: before.length - written.length, options, validFor: /^\w*$/ };
}

function outside(before: string, names: Name[]): Completions {
  const options = names.map((name) => ({ ...option(name), apply: `{{ ${name.path} }}` }));
  return { from: before.length, options };
}

function filters(): Option[] {
  return Object.entries(results()).map(([label, detail]) => ({ label, detail, type: "function" }));
}

function option({ path, detail }: Name): Option {
  return { label: path, detail, type: "variable" };
}

/** What lies deeper than two parts is offered once its beginning is written. */
function isNear(path: string, written: string): boolean {
  const depth = path.split(".").length;
  return depth <= 2 || depth <= written.split(".").length + 1;
}

function isInText(inside: string): boolean {
  let quote = "";
  for (const sign of inside) {
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === "'" || sign === '"') quote = sign;
  }
  return quote !== "";
}

/** The paths in a value, the nearest first: `a`, `a.b`, `a.b.0.c`; at most so many. Keys that are no names are left out. */
export function pathsIn(root: string, value: unknown, most = 200, depth = 5): Name[] {
  const found: Name[] = [];
  const todo: [string, unknown, number][] = [[root, value, 0]];
  while (todo.length && found.length < most) {
    const [path, one, level] = todo.shift()!;
    found.push({ path, detail: brief(one) });
    if (level >= depth || !one || typeof one !== "object") continue;
    const parts = Array.isArray(one) ? one.slice(0, 1) : one;
    for (const [step, item] of Object.entries(parts))
      if (/^(0|[A-Za-z_]\w*)$/.test(step)) todo.push([`${path}.${step}`, item, level + 1]);
  }
  return found;
}

/** A value in a few words. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
