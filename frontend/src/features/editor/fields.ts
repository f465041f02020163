/** Changes of a node field by field, so that two people may change one node at a time. Pure. */
import type { Config, WorkflowNode } from "@/api/types";

const NESTED = ["extra_config", "trigger_config"] as const;
/** What a node has beside its config and its place. */
const OWN = ["label", "interrupt_before", "interrupt_after"] as const;
type Own = Pick<WorkflowNode, (typeof OWN)[number]>;

export interface Place {
  /** Where the field lies: in the node (or the note) itself, at the top of its config, or in one of the nested parts. */
  place: "node" | "" | (typeof NESTED)[number];
  name: string;
}

export interface FieldChange extends Place {
  from: unknown;
  to: unknown;
}

export function fieldValue(node: WorkflowNode, { place, name }: Place): unknown {
  if (place === "node") return node[name as keyof Own];
  return place ? node.config[place]?.[name] : node.config[name];
}

/** The changes that a patch makes of a node's own fields. */
export function ownChanges(node: WorkflowNode | undefined, patch: Partial<Own>): FieldChange[] {
  return OWN.filter((name) => name in patch && !same(node?.[name], patch[name])).map((name) => ({
    place: "node",
    name,
    from: node?.[name],
    to: patch[name],
  }));
}

/** What leads from one state of a node to the other. */
export function nodeChanges(before: WorkflowNode, after: WorkflowNode): FieldChange[] {
  return [...ownChanges(before, after), ...fieldChanges(before.config, after.config)];
}

/** What the changes make of a node: its own fields, and its config if that is changed. */
export function patchOf(node: WorkflowNode, changes: FieldChange[]): Partial<Own> & { config?: Config } {
  const own = changes.filter(({ place }) => place === "node").map(({ name, to }) => [name, to]);
  const config = own.length < changes.length && { config: withFields(node.config, changes) };
  return { ...Object.fromEntries(own), ...config };
}

/** What leads from one config to the other. */
export function fieldChanges(before: Config, after: Config): FieldChange[] {
  return (["", ...NESTED] as const).flatMap((place) => {
    const [old, fresh] = [before, after].map((config) => (place ? config[place] : topOf(config)) ?? {});
    const names = [...new Set([...Object.keys(old!), ...Object.keys(fresh!)])];
    return names
      .filter((name) => !same(old![name], fresh![name]))
      .map((name) => ({ place, name, from: old![name], to: fresh![name] }));
  });
}

export function withFields(config: Config, changes: FieldChange[]): Config {
  const changed: Config = { ...config };
  for (const { place, name, to } of changes) {
    if (place === "node") continue;
    const holder: Record<string, unknown> = place ? { ...changed[place] } : changed;
    if (to === undefined && place) delete holder[name];
    else holder[name] = to === undefined ? null : to; // at the top what is absent stays as it is
    if (place) changed[place] = holder;
  }
  return changed;
}

/** Changes that follow one another as one: from the first value to the last. */
export function joined(first: FieldChange[], then: FieldChange[]): FieldChange[] {
  const found = first.map((change) => {
    const later = then.findLast((one) => isSamePlace(one, change));
    return later ? { ...change, to: later.to } : change;
  });
  return [...found, ...then.filter((change) => !first.some((one) => isSamePlace(one, change)))];
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.place === b.place && a.name === b.name;
}

/** Whether two JSON values are equal; unset and null are. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b || (a == null && b == null)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, two] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(one), ...Object.keys(two)])].every((key) => same(one[key], two[key]));
}

function topOf(config: Config): Record<string, unknown> {
  const { extra_config: _extra, trigger_config: _trigger, ...top } = config;
  return top;
}
