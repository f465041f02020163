/** Search in a workflow: labels, ids, types, texts of configs and notes. Pure. */
import type { NodeType } from "@/api/types";
import type { Graph } from "./graph";
import { inOrder } from "./outline-order";

/** The ids of nodes and notes that hold all words of a text, in the order of the flow; none for no text. */
export function matching(graph: Graph, types: Map<string, NodeType>, text: string): string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const holds = (all: string) => words.every((word) => all.toLowerCase().includes(word));
  const nodes = inOrder(graph).filter((id) => {
    const node = graph.nodes[id]!;
    const label = types.get(node.component_type)?.label ?? "";
    return holds([id, node.label, label, node.component_type, ...texts(node.config)].join("\n"));
  });
  const notes = Object.values(graph.notes).filter((note) => holds(note.text));
  return [...nodes, ...notes.map((note) => note.id)];
}

/** What a config says, without the names of its fields. */
function texts(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === "object") return Object.values(value).flatMap(texts);
  return [String(value)];
}
