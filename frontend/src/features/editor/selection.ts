/** What is chosen on the canvas: one list of ids, of nodes, of notes and of edges (by `linkKey`). Pure. */
import { t } from "@lingui/core/macro";
import type { WorkflowNode } from "@/api/types";
import type { Edit, Graph, Link } from "./graph";
import type { Note } from "./notes";

export interface Chosen {
  nodes: WorkflowNode[];
  links: Link[];
  notes: Note[];
}

/** What the ids stand for; those of what is gone stand for nothing. */
export function chosen(graph: Graph, ids: string[]): Chosen {
  return {
    nodes: ids.flatMap((id) => graph.nodes[id] ?? []),
    links: ids.flatMap((id) => graph.edges[id] ?? []),
    notes: ids.flatMap((id) => graph.notes[id] ?? []),
  };
}

/** The edits that delete what is chosen, and what to call them. A group's nodes stay. */
export function removal({ nodes, links, notes }: Chosen): { label: string; edits: Edit[] } {
  const edits = [
    ...links.map((link): Edit => ({ kind: "remove_edge", link })),
    ...nodes.map(({ node_id }): Edit => ({ kind: "remove_node", node_id })),
    ...notes.map(({ id }): Edit => ({ kind: "remove_note", id })),
  ];
  const label = nodes.length ? t`Delete nodes` : notes.length ? t`Delete a note` : t`Delete an edge`;
  return { label, edits };
}

/** `ids` after changes of what is selected. */
export function changed(ids: string[], changes: { id: string; selected: boolean }[]): string[] {
  const found = new Set(ids);
  for (const { id, selected } of changes) {
    if (selected) found.add(id);
    else found.delete(id);
  }
  return [...found];
}

/** What a menu of what is chosen is about. */
export type About = "node" | "note" | "selection" | "edge" | "canvas";

export function aboutOf(graph: Graph, ids: string[]): About {
  const { nodes, links, notes } = chosen(graph, ids);
  if (nodes.length + links.length + notes.length > 1) return "selection";
  return nodes.length ? "node" : notes.length ? "note" : links.length ? "edge" : "canvas";
}
