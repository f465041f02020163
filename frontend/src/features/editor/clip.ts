/** A part of the graph as text for the clipboard, and the edits that paste it. Pure. */
import type { Config, NodeType, WorkflowNode } from "@/api/types";
import { freeId, newNode, type Edit, type Graph, type Link } from "./graph";
import { copiesOf, type Note } from "./notes";

/** Where a person is asked; absent in clips of earlier times. */
type Stop = "interrupt_before" | "interrupt_after";

/** A part of the graph as the clipboard carries it between workflows and tabs. */
export interface Clip {
  pipelit: 1;
  nodes: (Pick<
    WorkflowNode,
    "node_id" | "component_type" | "label" | "position_x" | "position_y" | "config"
  > &
    Partial<Pick<WorkflowNode, Stop>>)[];
  edges: Link[];
  /** Absent in clips of earlier times. */
  notes?: Note[];
}

export function copied(graph: Graph, ids: string[]): Clip {
  const chosen = new Set(ids);
  return {
    pipelit: 1,
    nodes: ids.flatMap((id) => {
      const node = graph.nodes[id];
      if (!node) return [];
      const { node_id, component_type, label, position_x, position_y, config } = node;
      const { interrupt_before, interrupt_after } = node;
      const stops = { interrupt_before, interrupt_after };
      return [{ node_id, component_type, label, position_x, position_y, config, ...stops }];
    }),
    edges: Object.values(graph.edges).filter((link) => chosen.has(link.source) && chosen.has(link.target)),
    notes: ids.flatMap((id) => graph.notes[id] ?? []),
  };
}

/** The clip that a text holds; null for any other text. */
export function clipOf(text: string): Clip | null {
  if (text.length > 10_000_000) return null;
  try {
    const found = JSON.parse(text) as Clip;
    const good =
      found.pipelit === 1 &&
      isList(found.nodes, ["node_id", "component_type", "label"], ["position_x", "position_y"]) &&
      found.nodes.every(({ config }) => typeof config === "object" && config !== null) &&
      isList(found.edges, ["source", "target", "label", "condition"]) &&
      isList(found.notes ?? [], ["id", "kind", "text", "color"], ["x", "y", "width", "height"]);
    return good ? found : null;
  } catch {
    return null;
  }
}

/** Whether a text means to be a clip, though it may be none. */
export function claimsToBeClip(text: string): boolean {
  return /^\s*\{\s*"pipelit"/.test(text);
}

/** Whether it is a list of objects with these texts and numbers. */
function isList(list: unknown, texts: string[], numbers: string[] = []): boolean {
  const isGood = (one: unknown) =>
    typeof one === "object" &&
    one !== null &&
    texts.every((name) => typeof (one as Record<string, unknown>)[name] === "string") &&
    numbers.every((name) => typeof (one as Record<string, unknown>)[name] === "number");
  return Array.isArray(list) && list.every(isGood);
}

/** The edits that paste a clip: under free ids, with expressions that name its own nodes following them. */
export function pasted(
  graph: Graph,
  clip: Clip,
  offset: { x: number; y: number },
): { edits: Edit[]; ids: string[] } {
  const taken: Record<string, unknown> = { ...graph.nodes };
  const names = new Map<string, string>();
  for (const { node_id } of clip.nodes) {
    const id = freeId(node_id, taken);
    taken[id] = true;
    names.set(node_id, id);
  }
  const nodes = clip.nodes.map((node): Edit => ({
    kind: "add_node",
    node: {
      ...newNode({ component_type: node.component_type } as NodeType, { x: 0, y: 0 }, {}),
      ...node,
      node_id: names.get(node.node_id)!,
      position_x: node.position_x + offset.x,
      position_y: node.position_y + offset.y,
      config: renamed(node.config, names) as Config,
    },
  }));
  const edges = clip.edges.map((link): Edit => ({
    kind: "add_edge",
    link: {
      ...link,
      source: names.get(link.source) ?? link.source,
      target: names.get(link.target) ?? link.target,
    },
  }));
  const copies = copiesOf(clip.notes ?? [], offset, graph.notes);
  const notes = copies.map((note): Edit => ({ kind: "put_note", note }));
  return {
    edits: [...nodes, ...edges, ...notes],
    ids: [...names.values(), ...copies.map((note) => note.id)],
  };
}

function renamed(value: unknown, names: Map<string, string>): unknown {
  if (typeof value === "string")
    return value.replace(/(\{\{|\{%)([\s\S]*?)(\}\}|%\})/g, (whole) =>
      whole.replace(/(?<![.\w'"])[A-Za-z]\w*/g, (word) => names.get(word) ?? word),
    );
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamed(item, names)]));
  return value;
}
