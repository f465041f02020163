/** Node types and graphs for tests. */
import type { NodeType, WorkflowNode } from "@/api/types";
import { linkKey, newNode, type Graph, type Link } from "./graph";
import type { Note } from "./notes";

export function type(component_type: string, more: Partial<NodeType> = {}): NodeType {
  return {
    component_type,
    label: component_type,
    description: "",
    docs: "",
    category: "logic",
    icon: "",
    color: "indigo",
    version: 1,
    inputs: [{ name: "input", data_type: "ANY", required: false, description: "", filled_by: [] }],
    outputs: [{ name: "output", data_type: "ANY", required: false, description: "", filled_by: [] }],
    attachments: [],
    attaches_as: null,
    executable: true,
    is_trigger: false,
    effect: "pure",
    forks: false,
    loops: false,
    config_schema: { properties: {} },
    ...more,
  };
}

const model = { label: "llm", required: true, many: false, description: "" };
const tools = { label: "tool", required: false, many: true, description: "" };

export const TYPES = new Map(
  [
    type("trigger_manual", { is_trigger: true, category: "trigger", inputs: [] }),
    type("set"),
    type("agent", { attachments: [model, tools], category: "ai" }),
    type("ai_model", { executable: false, attaches_as: "llm", inputs: [], category: "model" }),
    type("calculator", { attaches_as: "tool", category: "tool" }),
    type("loop", { loops: true }),
    type("numbers", {
      inputs: [{ name: "n", data_type: "NUMBER", required: true, description: "", filled_by: [] }],
    }),
    type("words", {
      outputs: [{ name: "output", data_type: "STRING", required: false, description: "", filled_by: [] }],
    }),
    type("switch", {
      forks: true,
      config_schema: { properties: { rules: { default: [] }, enable_fallback: { default: false } } },
    }),
  ].map((one) => [one.component_type, one]),
);

export function node(
  node_id: string,
  component_type = "set",
  extra: Record<string, unknown> = {},
): WorkflowNode {
  return {
    ...newNode(TYPES.get(component_type)!, { x: 0, y: 0 }, {}),
    node_id,
    config: { extra_config: extra },
  };
}

export function link(source: string, target: string, label = "", condition = ""): Link {
  return { source, target, label, condition };
}

export function note(id: string, more: Partial<Note> = {}): Note {
  const kind = id.startsWith("group") ? "group" : "note";
  return { id, kind, text: "", x: 0, y: 0, width: 200, height: 100, color: "amber", ...more };
}

export function graph(nodes: WorkflowNode[], links: Link[] = [], notes: Note[] = []): Graph {
  return {
    nodes: Object.fromEntries(nodes.map((one) => [one.node_id, one])),
    edges: Object.fromEntries(links.map((one) => [linkKey(one), one])),
    notes: Object.fromEntries(notes.map((one) => [one.id, one])),
  };
}
