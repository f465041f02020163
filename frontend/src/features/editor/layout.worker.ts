import { Graph, layout } from "@dagrejs/dagre";
import type { LayoutRequest, Places } from "./layout";

const GRID = 20;

/** Steps from left to right, what follows one in the order of its outputs; what is attached below its node. */
export function places({ nodes, edges }: LayoutRequest): Places {
  const hosts = new Map<string, string[]>();
  for (const { source, target, attached } of edges)
    if (attached) hosts.set(target, [...(hosts.get(target) ?? []), source]);
  const hanging = new Set([...hosts.values()].flat());
  const graph = new Graph();
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) {
    const below = hosts.get(id)?.length ?? 0;
    if (!hanging.has(id))
      graph.setNode(id, { width: Math.max(width, below * 230), height: height + (below ? 130 : 0) });
  }
  const flows = edges.filter((one) => !one.attached && !hanging.has(one.source) && !hanging.has(one.target));
  const constraints = connect(graph, flows);
  layout(graph, { constraints });
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

interface Order {
  left: string;
  right: string;
}

/** Draws the edges. Those of a fork lead over points between the columns, one for each output: what has to stay in
 * order for edges not to cross. */
function connect(graph: Graph, edges: LayoutRequest["edges"]): Order[] {
  const outlets = new Map<string, number[]>();
  for (const { source, outlet } of edges) outlets.set(source, [...(outlets.get(source) ?? []), outlet]);
  const forks = [...outlets].flatMap(([source, all]) => {
    const own = [...new Set(all)].toSorted((a, b) => a - b).map((outlet) => pointOf(source, outlet));
    return own.length > 1 ? [{ source, own }] : [];
  });
  const columns = forks.length ? 2 : 1;
  graph.setGraph({ rankdir: "LR", nodesep: 60, ranksep: 90 / columns });
  for (const { source, own } of forks)
    for (const point of own) {
      graph.setNode(point, { width: 0, height: 0 });
      graph.setEdge(source, point, {});
    }
  for (const { source, target, outlet } of edges) {
    const point = pointOf(source, outlet);
    if (graph.hasNode(point)) graph.setEdge(point, target, {});
    else graph.setEdge(source, target, { minlen: columns });
  }
  return forks.flatMap(({ own }) => own.slice(1).map((right, index) => ({ left: own[index]!, right })));
}

function pointOf(source: string, outlet: number): string {
  return `${source} ${outlet}`;
}

function snapped(x: number, y: number) {
  return { x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID };
}

if (typeof document === "undefined")
  addEventListener("message", (event) => postMessage(places(event.data as LayoutRequest)));
