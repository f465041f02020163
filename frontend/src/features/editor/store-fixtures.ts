/** A document of the editor with two nodes and a server that the test plays. */
import { vi } from "vitest";
import type { WorkflowEdge, WorkflowNode } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { node } from "./fixtures";
import type { Edit } from "./graph";
import type { Journal } from "./journal";
import { EditorDocument, type Operation } from "./store";

type Results = (WorkflowNode | WorkflowEdge | null)[];
type Send = (operations: Operation[]) => Promise<Results>;

export const stored = (id: string, config: Record<string, unknown> = {}, revision = 1): WorkflowNode => ({
  ...node(id, "set", config),
  id: id.codePointAt(0)!,
  revision,
});
export const edge = (id: number, source: string, target: string) =>
  ({
    id,
    source_node_id: source,
    target_node_id: target,
    edge_label: "",
    condition_value: "",
  }) as WorkflowEdge;

export function opened(send: Send = async (operations) => operations.map(() => null), journal?: Journal) {
  const sent: Operation[][] = [];
  const keys: string[] = [];
  const refused = vi.fn();
  const lost = vi.fn();
  const graph = { nodes: [stored("a"), stored("b")], edges: [edge(7, "a", "b")] };
  const reload = vi.fn(async () => graph);
  const document = new EditorDocument({
    slug: "w",
    me: "ann",
    ...graph,
    onRefused: refused,
    onLost: lost,
    journal,
    reload,
    send: (operations, key) => {
      sent.push(operations);
      keys.push(key);
      return send(operations);
    },
  });
  return { document, sent, keys, refused, lost, reload, graph, state: () => document.store.getState() };
}

export const settled = () => vi.advanceTimersByTimeAsync(0);
export const label = (node_id: string, text: string): Edit => ({
  kind: "set_node",
  node_id,
  patch: { label: text },
});
export const config = (node_id: string, extra_config: Record<string, unknown>): Edit => ({
  kind: "set_node",
  node_id,
  patch: { config: { extra_config } },
});
export const heard = (type: string, data: unknown): LiveEvent => ({
  type,
  channel: "",
  seq: "",
  timestamp: "",
  data: data as never,
});

/** A server that stores what it is sent. */
export function answers(): Send {
  const nodes: Record<string, WorkflowNode> = { a: stored("a"), b: stored("b") };
  return async (operations) =>
    operations.map(({ op, node_id, new_node_id, revision: _based, ...fields }) => {
      const id = String(node_id);
      if (op === "create_node") return (nodes[id] = { ...stored(id), ...(fields as object) });
      if (op !== "update_node" || !nodes[id]) return null;
      const name = String(new_node_id ?? id);
      const changed = { ...nodes[id], ...(fields as object), node_id: name };
      return (nodes[name] = { ...changed, revision: changed.revision + 1 });
    });
}
