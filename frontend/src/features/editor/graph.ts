/** The graph as the editor holds it, and edits as values: each applies to a graph and gives its inverse. Pure. */
import type { Config, NodeType, Schema, WorkflowEdge, WorkflowNode } from "@/api/types";
import { fieldValue, patchOf, type FieldChange } from "./fields";
import type { Note } from "./notes";

export interface Link {
  source: string;
  target: string;
  label: string;
  condition: string;
}

export interface Graph {
  nodes: Record<string, WorkflowNode>;
  edges: Record<string, Link>;
  notes: Record<string, Note>;
}

export type NodePatch = Partial<
  Pick<
    WorkflowNode,
    "label" | "position_x" | "position_y" | "interrupt_before" | "interrupt_after" | "config"
  >
>;

export type Edit =
  | { kind: "add_node"; node: WorkflowNode }
  | { kind: "remove_node"; node_id: string }
  | { kind: "set_node"; node_id: string; patch: NodePatch }
  /** Some fields of it or its config; see fields.ts. */
  | { kind: "set_fields"; node_id: string; changes: FieldChange[] }
  | { kind: "rename_node"; from: string; to: string }
  | { kind: "add_edge"; link: Link }
  | { kind: "remove_edge"; link: Link }
  | { kind: "put_note"; note: Note }
  /** Some parts of a note, and what they were: others may change the rest. */
  | { kind: "set_note"; id: string; patch: Partial<Note>; before: Partial<Note> }
  | { kind: "remove_note"; id: string };

/** What an edge is known by: the server allows one of each. */
export function linkKey({ source, target, label, condition }: Link): string {
  return [source, target, label, condition].join("\u0000");
}

export function linkOf(edge: WorkflowEdge): Link {
  return {
    source: edge.source_node_id,
    target: edge.target_node_id,
    label: edge.edge_label,
    condition: edge.condition_value,
  };
}

/** The graph after an edit, and the edits that take it back (in their order). An edit of what is gone does nothing. */
export function apply(graph: Graph, edit: Edit): { graph: Graph; inverse: Edit[] } {
  const same = { graph, inverse: [] };
  switch (edit.kind) {
    case "add_node":
      return {
        graph: { ...graph, nodes: { ...graph.nodes, [edit.node.node_id]: edit.node } },
        inverse: [{ kind: "remove_node", node_id: edit.node.node_id }],
      };
    case "remove_node": {
      const { [edit.node_id]: node, ...nodes } = graph.nodes;
      if (!node) return same;
      const all = Object.entries(graph.edges);
      const gone = all.filter(([, link]) => link.source === edit.node_id || link.target === edit.node_id);
      const edges = Object.fromEntries(all.filter((entry) => !gone.includes(entry)));
      const links = gone.map(([, link]): Edit => ({ kind: "add_edge", link }));
      return { graph: { ...graph, nodes, edges }, inverse: [{ kind: "add_node", node }, ...links] };
    }
    case "set_node": {
      const node = graph.nodes[edit.node_id];
      if (!node) return same;
      const before = Object.fromEntries(
        Object.keys(edit.patch).map((name) => [name, node[name as keyof NodePatch]]),
      ) as NodePatch;
      return {
        graph: { ...graph, nodes: { ...graph.nodes, [edit.node_id]: { ...node, ...edit.patch } } },
        inverse: [{ kind: "set_node", node_id: edit.node_id, patch: before }],
      };
    }
    case "set_fields": {
      const node = graph.nodes[edit.node_id];
      if (!node) return same;
      const back = edit.changes.map((change) => ({
        ...change,
        from: change.to,
        to: fieldValue(node, change),
      }));
      const changed = { ...node, ...patchOf(node, edit.changes) };
      return {
        graph: { ...graph, nodes: { ...graph.nodes, [edit.node_id]: changed } },
        inverse: [{ kind: "set_fields", node_id: edit.node_id, changes: back }],
      };
    }
    case "rename_node": {
      const { [edit.from]: node, ...nodes } = graph.nodes;
      if (!node || nodes[edit.to]) return same;
      const moved = (name: string) => (name === edit.from ? edit.to : name);
      const links = Object.values(graph.edges).map((link) => ({
        ...link,
        source: moved(link.source),
        target: moved(link.target),
      }));
      return {
        graph: {
          ...graph,
          nodes: { ...nodes, [edit.to]: { ...node, node_id: edit.to } },
          edges: Object.fromEntries(links.map((link) => [linkKey(link), link])),
        },
        inverse: [{ kind: "rename_node", from: edit.to, to: edit.from }],
      };
    }
    case "add_edge": {
      const key = linkKey(edit.link);
      if (graph.edges[key] || !graph.nodes[edit.link.source] || !graph.nodes[edit.link.target]) return same;
      return {
        graph: { ...graph, edges: { ...graph.edges, [key]: edit.link } },
        inverse: [{ kind: "remove_edge", link: edit.link }],
      };
    }
    case "remove_edge": {
      const { [linkKey(edit.link)]: link, ...edges } = graph.edges;
      if (!link) return same;
      return { graph: { ...graph, edges }, inverse: [{ kind: "add_edge", link }] };
    }
    case "put_note": {
      const { note } = edit;
      const before = graph.notes[note.id];
      return {
        graph: { ...graph, notes: { ...graph.notes, [note.id]: note } },
        inverse: [before ? { kind: "put_note", note: before } : { kind: "remove_note", id: note.id }],
      };
    }
    case "set_note": {
      const note = graph.notes[edit.id];
      if (!note) return same;
      const names = Object.keys(edit.patch) as (keyof Note)[];
      const before = Object.fromEntries(names.map((name) => [name, note[name]]));
      return {
        graph: { ...graph, notes: { ...graph.notes, [note.id]: { ...note, ...edit.patch } } },
        inverse: [{ kind: "set_note", id: note.id, patch: before, before: edit.patch }],
      };
    }
    case "remove_note": {
      const { [edit.id]: note, ...notes } = graph.notes;
      if (!note) return same;
      return { graph: { ...graph, notes }, inverse: [{ kind: "put_note", note }] };
    }
  }
}

export function applyAll(graph: Graph, edits: Edit[]): { graph: Graph; inverse: Edit[] } {
  let inverse: Edit[] = [];
  for (const edit of edits) {
    const step = apply(graph, edit);
    graph = step.graph;
    inverse = [...step.inverse, ...inverse];
  }
  return { graph, inverse };
}

/** Names of node types that mean something in expressions, so that the server takes no node of that id. */
const RESERVED = new Set(["filter", "loop", "set", "workflow"]);

/** A free node id like `set_2`. */
export function freeId(wanted: string, taken: Record<string, unknown>): string {
  const stem = wanted.replace(/_\d+$/, "");
  if (RESERVED.has(wanted)) return freeId(`${wanted}_1`, taken);
  if (!(wanted in taken)) return wanted;
  for (let number = 2; ; number += 1) if (!(`${stem}_${number}` in taken)) return `${stem}_${number}`;
}

export function newNode(
  type: NodeType,
  position: { x: number; y: number },
  taken: Record<string, unknown>,
): WorkflowNode {
  return {
    id: 0,
    node_id: freeId(type.component_type.replace(/^trigger_/, ""), taken),
    component_type: type.component_type,
    label: "",
    position_x: Math.round(position.x),
    position_y: Math.round(position.y),
    interrupt_before: false,
    interrupt_after: false,
    config: { extra_config: {} },
    revision: 0,
    warnings: [],
  };
}

/** Where a field's value lies in a config, and how to put another there. */
export function configValue(config: Config, name: string, schema: Schema): unknown {
  const place = placeOf(config, name, schema);
  const holder = place === null ? config : (config[place] as Record<string, unknown> | undefined);
  const value = holder?.[name];
  return value === undefined ? schema.default : value;
}

export function withConfigValue(config: Config, name: string, schema: Schema, value: unknown): Config {
  const place = placeOf(config, name, schema);
  if (place === null) return { ...config, [name]: value };
  return { ...config, [place]: { ...(config[place] as Record<string, unknown> | undefined), [name]: value } };
}

/** The parameters of a model, which AI nodes and model nodes have at the top of their config. */
export const MODEL_PARAMETERS = [
  "temperature",
  "max_tokens",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "timeout",
  "max_retries",
  "response_format",
];
const TOP = new Set(["system_prompt", "llm_credential_id", "model_name", ...MODEL_PARAMETERS]);
const OF_TRIGGERS = new Set(["credential_id", "is_active", "priority"]);

function placeOf(config: Config, name: string, schema: Schema): "extra_config" | "trigger_config" | null {
  if (schema.location === "trigger_config") return "trigger_config";
  if (name in config) return null;
  const isTrigger = "trigger_config" in config;
  const isAi = "llm_credential_id" in config || "model_name" in config;
  return (isTrigger && OF_TRIGGERS.has(name)) || (isAi && TOP.has(name)) ? null : "extra_config";
}
