/** Which edges may be drawn: to a node under the pointer, from a node to all others, through a new node. Pure. */
import { t } from "@lingui/core/macro";
import type { Config, NodeType, WorkflowNode } from "@/api/types";
import { linkKey, type Edit, type Graph, type Link } from "./graph";
import {
  ATTACH,
  attaches,
  ERROR,
  firstLink,
  handles,
  handlesOf,
  IN,
  linkBetween,
  OUT,
  refusal,
  type LooseEnd,
} from "./ports";

type Types = Map<string, NodeType>;

function endsAt(graph: Graph, types: Types, id: string, kind: "source" | "target"): string[] {
  const node = graph.nodes[id];
  const type = node && types.get(node.component_type);
  return type ? handles(type, node.config).flatMap((one) => (one.type === kind ? [one.id] : [])) : [];
}

/** The edits that take away the edges that begin at handles which a node loses by a new config. */
export function cutOff(graph: Graph, types: Types, id: string, config: Config): Edit[] {
  const node = graph.nodes[id];
  if (!node) return [];
  const after = { ...graph, nodes: { ...graph.nodes, [id]: { ...node, config } } };
  const left = endsAt(after, types, id, "source");
  const lost = endsAt(graph, types, id, "source").filter((handle) => !left.includes(handle));
  const links = Object.values(graph.edges).filter((link) => link.source === id);
  return links.flatMap((link): Edit[] =>
    lost.includes(handlesOf(link).sourceHandle) ? [{ kind: "remove_edge", link }] : [],
  );
}

/** Whether the two handles are made for each other, whatever their nodes are: circles with circles. */
function pairs(source: string, target: string): boolean {
  const attached = target !== IN && target !== "loop_return";
  return (source === ATTACH) === attached && (target !== "loop_return" || source !== ERROR);
}

/** All edges that lead from a handle to a node, or from a node to the handle, and whether each may be drawn. */
function candidates(graph: Graph, types: Types, end: LooseEnd, other: string): Link[] {
  const made = end.isSource
    ? endsAt(graph, types, other, "target").map((handle) => [end.handle, handle] as const)
    : endsAt(graph, types, other, "source").map((handle) => [handle, end.handle] as const);
  const [source, target] = end.isSource ? [end.node, other] : [other, end.node];
  return made
    .filter(([from, to]) => pairs(from, to))
    .map(([sourceHandle, targetHandle]) => linkBetween({ source, sourceHandle, target, targetHandle }));
}

/** The edge that joins a dragged end with a node, or why there is none. */
export function joined(
  graph: Graph,
  types: Types,
  end: LooseEnd,
  other: string,
): { link?: Link; why?: string } {
  if (end.node === other) return { why: t`A node cannot be connected to itself.` };
  const all = candidates(graph, types, end, other);
  const link = all.find((one) => !graph.edges[linkKey(one)] && refusal(graph, types, one) === null);
  if (link) return { link };
  if (all.some((one) => graph.edges[linkKey(one)])) return { why: t`They are connected so already.` };
  const first = all[0] ?? nearest(graph, types, end, other);
  return { why: refusal(graph, types, first) ?? t`These two do not fit each other.` };
}

/** The edge that somebody means who drags an end to a node that has nothing for it. */
function nearest(graph: Graph, types: Types, end: LooseEnd, other: string): Link {
  if (end.isSource) {
    const attached = end.handle === ATTACH;
    const label = types.get(graph.nodes[end.node]?.component_type ?? "")?.attaches_as;
    const targetHandle = attached && label ? label : IN;
    return linkBetween({ source: end.node, sourceHandle: end.handle, target: other, targetHandle });
  }
  const sourceHandle = pairs(ATTACH, end.handle) ? ATTACH : OUT;
  return linkBetween({ source: other, sourceHandle, target: end.node, targetHandle: end.handle });
}

/** Every edge that may still be drawn from or to a node, those that lead on first. */
export function connectable(graph: Graph, types: Types, id: string): Link[] {
  const found = new Map<string, Link>();
  const ends = [
    ...endsAt(graph, types, id, "source").map((handle) => ({ node: id, handle, isSource: true })),
    ...endsAt(graph, types, id, "target").map((handle) => ({ node: id, handle, isSource: false })),
  ];
  for (const end of ends)
    for (const other of Object.keys(graph.nodes))
      for (const link of candidates(graph, types, end, other))
        if (!graph.edges[linkKey(link)] && refusal(graph, types, link) === null)
          found.set(linkKey(link), link);
  return [...found.values()];
}

/** The edits that put a new node between the two ends of an edge; none if it fits there not. */
export function inserted(graph: Graph, types: Types, link: Link | undefined, node: WorkflowNode): Edit[] {
  const type = types.get(node.component_type);
  if (!link || !type) return [];
  const { [linkKey(link)]: _gone, ...edges } = graph.edges;
  const without = { ...graph, edges };
  const { sourceHandle, targetHandle } = handlesOf(link);
  const from = { node: link.source, handle: sourceHandle, isSource: true };
  const to = { node: link.target, handle: targetHandle, isSource: false };
  const before = firstLink(without, types, from, type, node.node_id);
  const after = firstLink(without, types, to, type, node.node_id);
  if (!before || !after) return [];
  return [
    { kind: "remove_edge", link },
    { kind: "add_edge", link: before },
    { kind: "add_edge", link: after },
  ];
}

/** The edits that put a node that leads nowhere yet, nor is led to, between the two ends of an edge. */
export function putOn(graph: Graph, types: Types, link: Link | undefined, id: string): Edit[] {
  const node = graph.nodes[id];
  const isLed = (one: Link) => (one.source === id || one.target === id) && !attaches(one);
  return node && !Object.values(graph.edges).some(isLed) ? inserted(graph, types, link, node) : [];
}
