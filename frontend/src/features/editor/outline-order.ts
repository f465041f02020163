import type { Graph } from "./graph";

/** Triggers first, then along the edges; what nothing leads to comes last. */
export function inOrder({ nodes, edges }: Pick<Graph, "nodes" | "edges">): string[] {
  const links = Object.values(edges);
  const reached = new Set(links.map((link) => link.target));
  const starts = Object.keys(nodes).filter((id) => !reached.has(id));
  const found = new Set<string>();
  const todo = [...starts, ...Object.keys(nodes)].reverse();
  while (todo.length) {
    const id = todo.pop()!;
    if (found.has(id) || !nodes[id]) continue;
    found.add(id);
    for (const link of links) if (link.source === id) todo.push(link.target);
  }
  return [...found];
}
