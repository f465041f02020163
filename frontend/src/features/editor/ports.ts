/** Handles: which a node has, which edge two of them make, and whether it may be drawn. Pure. */
import { t } from "@lingui/core/macro";
import { Position } from "@xyflow/react";
import type { Config, NodeType, Port } from "@/api/types";
import { configValue, type Graph, type Link } from "./graph";

export const OUT = "out";
export const IN = "in";
export const ATTACH = "attach";
export const ERROR = "error";
const CASE = "case:";
const FALLBACK = "__other__";

/** What may be attached to a node from below, and what that is called there. */
const ATTACHMENTS: Record<string, () => string> = {
  llm: () => t`Model`,
  tool: () => t`Tools`,
  memory: () => t`Memory`,
  output_parser: () => t`Parser`,
};

/** Where an edge may begin (source) or end (target) at a node. */
export interface Handle {
  id: string;
  type: "source" | "target";
  position: Position;
  label: string;
  /** What is attached by it; empty if data goes through. */
  attachment: string;
}

const source = (id: string, position: Position, label = "", attachment = ""): Handle => ({
  id,
  type: "source",
  position,
  label,
  attachment,
});
const target = (id: string, position: Position, label = "", attachment = ""): Handle => ({
  ...source(id, position, label, attachment),
  type: "target",
});

/** All handles of a node of a known type, those to the right from top to bottom. */
export function handles(type: NodeType, config: Config): Handle[] {
  const isInside = type.executable && !type.is_trigger;
  return [
    ...(isInside ? [target(IN, Position.Left)] : []),
    ...outlets(type, config),
    ...(type.attaches_as ? [source(ATTACH, Position.Top, "", type.attaches_as)] : []),
    ...(isInside ? [source(ERROR, Position.Bottom)] : []),
    ...type.attachments.map(({ label, required }) =>
      target(label, Position.Bottom, `${ATTACHMENTS[label]?.() ?? label}${required ? "*" : ""}`, label),
    ),
    ...(type.loops ? [target("loop_return", Position.Bottom)] : []),
  ];
}

function outlets(type: NodeType, config: Config): Handle[] {
  if (type.attaches_as && !type.executable) return [];
  if (type.loops)
    return [source("loop_body", Position.Right, t`each item`), source(OUT, Position.Right, t`done`)];
  if (!type.forks) return [source(OUT, Position.Right)];
  const schema = type.config_schema.properties ?? {};
  const rules = (configValue(config, "rules", schema.rules ?? {}) ?? []) as { id?: string; label?: string }[];
  const cases = rules
    .filter((rule) => rule.id)
    .map((rule) => source(CASE + rule.id, Position.Right, rule.label || String(rule.id)));
  const other = configValue(config, "enable_fallback", schema.enable_fallback ?? {});
  return other ? [...cases, source(CASE + FALLBACK, Position.Right, t`otherwise`)] : cases;
}

/** The handles that the edges of a node need, whatever its type. */
export function usedHandles(id: string, edges: Record<string, Link>): Handle[] {
  const used = Object.values(edges).flatMap((link) => {
    const { sourceHandle, targetHandle } = handlesOf(link);
    return [
      ...(link.source === id ? [source(sourceHandle, Position.Right)] : []),
      ...(link.target === id ? [target(targetHandle, Position.Left)] : []),
    ];
  });
  return [...new Map(used.map((one) => [`${one.type} ${one.id}`, one])).values()];
}

/** Whether a link attaches one node to another, so that nothing flows along it by itself. */
export function attaches({ label }: Pick<Link, "label">): boolean {
  return label in ATTACHMENTS;
}

export function handlesOf(link: Link): { sourceHandle: string; targetHandle: string } {
  if (attaches(link)) return { sourceHandle: ATTACH, targetHandle: link.label };
  if (link.label === "loop_body") return { sourceHandle: "loop_body", targetHandle: IN };
  if (link.label === "loop_return") return { sourceHandle: OUT, targetHandle: "loop_return" };
  if (link.label === "error") return { sourceHandle: ERROR, targetHandle: IN };
  return { sourceHandle: link.condition ? CASE + link.condition : OUT, targetHandle: IN };
}

/** What the output is called from which a conditional link leads. */
export function outletName(
  { nodes }: Pick<Graph, "nodes">,
  types: Map<string, NodeType>,
  link: Link,
): string {
  const node = nodes[link.source];
  const type = node && types.get(node.component_type);
  const { sourceHandle } = handlesOf(link);
  const outlet = type && outlets(type, node.config).find((one) => one.id === sourceHandle);
  return outlet?.label || link.condition;
}

export interface Ends {
  source: string;
  target: string;
  sourceHandle?: string | null;
  targetHandle?: string | null;
}

export function linkBetween({ source, target, sourceHandle, targetHandle }: Ends): Link {
  const plain = { source, target, label: "", condition: "" };
  if (sourceHandle === ATTACH || targetHandle === "loop_return")
    return { ...plain, label: targetHandle ?? "" };
  if (sourceHandle === "loop_body" || sourceHandle === ERROR) return { ...plain, label: sourceHandle };
  if (sourceHandle?.startsWith(CASE)) return { ...plain, condition: sourceHandle.slice(CASE.length) };
  return plain;
}

const CONVERTS: Record<string, string[]> = {
  STRING: ["STRING", "NUMBER", "BOOLEAN", "OBJECT", "ARRAY"],
  MESSAGES: ["MESSAGES", "STRING", "OBJECT"],
};

function fits(from: Port, to: Port): boolean {
  if (from.data_type === "ANY" || to.data_type === "ANY" || from.data_type === to.data_type) return true;
  return CONVERTS[to.data_type]?.includes(from.data_type) ?? false;
}

/** Why a link may not be drawn, in a sentence; null if it may. The server has the last word. */
export function refusal(graph: Graph, types: Map<string, NodeType>, link: Link): string | null {
  const nodes = [graph.nodes[link.source], graph.nodes[link.target]];
  const [source, target] = nodes.map((node) => node && types.get(node.component_type));
  if (!source || !target) return t`One of the two is not known here.`;
  if (link.source === link.target) return t`A node cannot be connected to itself.`;
  if (attaches(link)) {
    if (source.attaches_as !== link.label) return t`${source.label} cannot be attached here.`;
    const wanted = target.attachments.find((one) => one.label === link.label);
    if (!wanted) return t`${target.label} takes no ${link.label}.`;
    const there = Object.values(graph.edges).some((e) => e.target === link.target && e.label === link.label);
    return !wanted.many && there ? t`${target.label} has one already; remove that first.` : null;
  }
  if (link.label === "loop_return") return target.loops ? null : t`Only a loop takes this edge back.`;
  if (target.is_trigger) return t`Nothing leads to a trigger: it starts executions.`;
  if (!source.executable || !target.executable) return t`This is no step: connect it by its diamond.`;
  if (link.label === "") {
    const input = target.inputs.find((port) => port.required && !port.filled_by.length);
    if (input && !source.outputs.some((port) => fits(port, input)))
      return t`${target.label} needs ${input.data_type} as "${input.name}", which ${source.label} does not give.`;
  }
  if (link.label !== "loop_return" && leadsTo(graph, link.target, link.source))
    return t`This would make a cycle. To repeat steps, use a loop.`;
  return null;
}

function leadsTo(graph: Graph, from: string, to: string): boolean {
  const following = new Map<string, string[]>();
  for (const link of Object.values(graph.edges))
    if (["", "error", "loop_body"].includes(link.label))
      following.set(link.source, [...(following.get(link.source) ?? []), link.target]);
  const seen = new Set([from]);
  const todo = [from];
  while (todo.length) {
    const name = todo.pop()!;
    if (name === to) return true;
    for (const next of following.get(name) ?? [])
      if (!seen.has(next)) {
        seen.add(next);
        todo.push(next);
      }
  }
  return false;
}

/** The types that fit the loose end of an edge from (or to) this handle. */
export function fittingTypes(graph: Graph, types: Map<string, NodeType>, end: LooseEnd): NodeType[] {
  return [...types.values()].filter((type) => firstLink(graph, types, end, type) !== null);
}

/** Where an edge begins or ends that has no other end yet. */
export interface LooseEnd {
  node: string;
  handle: string;
  isSource: boolean;
  /** Nobody drew an edge: a node is added beside this one, which may as well be its model or its tool. */
  isBeside?: boolean;
}

/** The link that joins a loose end with a new node of that type, called `new`; null if none may. */
export function firstLink(
  graph: Graph,
  types: Map<string, NodeType>,
  end: LooseEnd,
  type: NodeType,
  name = "\u0001new",
): Link | null {
  const node = { node_id: name, component_type: type.component_type, config: { extra_config: {} } };
  const nodes = { ...graph.nodes, [name]: node as (typeof graph.nodes)[string] };
  const candidates: Ends[] = end.isSource
    ? [IN, ...Object.keys(ATTACHMENTS), "loop_return"].map((targetHandle) => ({
        source: end.node,
        sourceHandle: end.handle,
        target: name,
        targetHandle,
      }))
    : [OUT, ATTACH].map((sourceHandle) => ({
        source: name,
        sourceHandle,
        target: end.node,
        targetHandle: end.handle,
      }));
  if (end.isBeside && type.attaches_as)
    candidates.unshift({
      source: name,
      sourceHandle: ATTACH,
      target: end.node,
      targetHandle: type.attaches_as,
    });
  for (const ends of candidates) {
    const isAttached = ends.sourceHandle === ATTACH;
    if (isAttached !== attaches({ label: ends.targetHandle ?? "" })) continue;
    const link = linkBetween(ends);
    if (refusal({ ...graph, nodes }, types, link) === null) return link;
  }
  return null;
}
