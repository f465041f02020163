import { Graph, layout } from "@dagrejs/dagre";
import type { LayoutRequest, Places } from "./layout";

const GRID = 20;

/** Steps from left to right; what is attached below its node. */
export function places({ nodes, edges }: LayoutRequest): Places {
  const hosts = new Map<string, string[]>();
  for (const { source, target, attached } of edges)
    if (attached) hosts.set(target, [...(hosts.get(target) ?? []), source]);
  const hanging = new Set([...hosts.values()].flat());
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 50, ranksep: 90 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) {
    const below = hosts.get(id)?.length ?? 0;
    if (!hanging.has(id))
      graph.setNode(id, { width: Math.max(width, below * 230), height: height + (below ? 130 : 0) });
  }
  for (const { source, target, attached } of edges)
    if (!attached && !hanging.has(source) && !hanging.has(target)) graph.setEdge(source, target);
  layout(graph);
  const found: Places = {};
  for (const { id } of nodes) {
    if (hanging.has(id)) continue;
    const { x, y, width, height } = graph.node(id) as { x: number; y: number; width: number; height: number };
    found[id] = snapped(x - width / 2, y - height / 2);
    hosts.get(id)?.forEach((part, index) => {
      found[part] ??= snapped(found[id]!.x + index * 230, found[id]!.y + 140);
    });
  }
  return found;
}

function snapped(x: number, y: number) {
  return { x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID };
}

if (typeof document === "undefined")
  addEventListener("message", (event) => postMessage(places(event.data as LayoutRequest)));
