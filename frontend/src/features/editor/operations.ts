/** Edits as the operations of a bulk request. Pure. */
import type { WorkflowNode } from "@/api/types";
import { joined, patchOf } from "./fields";
import { linkKey, type Edit, type Graph } from "./graph";

export type Operation = Record<string, unknown> & { op: string };

/** So many operations the server takes at once. */
export const MAX_OPERATIONS = 1000;

/** The operations for edits on a graph as the server has it; `idOf` knows its edges by key. */
export function operations(
  base: Graph,
  edits: Edit[],
  idOf: (key: string) => number | undefined,
): Operation[] {
  const [nodes, notes] = [{ ...base.nodes }, { ...base.notes }];
  const raise = (id: string, changed: boolean) => {
    const node = nodes[id];
    if (node?.revision && changed) nodes[id] = { ...node, revision: node.revision + 1 };
  };
  return compact(edits).flatMap((edit): Operation[] => {
    switch (edit.kind) {
      case "add_node":
        nodes[edit.node.node_id] = edit.node;
        return [creation(edit.node)];
      case "remove_node":
        return [{ op: "delete_node", node_id: edit.node_id }];
      case "set_node":
        raise(edit.node_id, !Object.keys(edit.patch).every((name) => name.startsWith("position_")));
        return [{ op: "update_node", node_id: edit.node_id, ...edit.patch }];
      case "set_fields": {
        const node = nodes[edit.node_id];
        if (!node) return [];
        const patch = patchOf(node, edit.changes);
        nodes[edit.node_id] = { ...node, ...patch };
        raise(edit.node_id, true);
        const based = node.revision ? { revision: node.revision } : {}; // what is new here has none yet
        return [{ op: "update_node", node_id: edit.node_id, ...patch, ...based }];
      }
      case "rename_node":
        nodes[edit.to] = { ...nodes[edit.from]!, revision: 0 };
        return [{ op: "update_node", node_id: edit.from, new_node_id: edit.to }];
      case "add_edge": {
        const { source, target, label, condition } = edit.link;
        const ends = { source_node_id: source, target_node_id: target };
        return [{ op: "create_edge", ...ends, edge_label: label, condition_value: condition }];
      }
      case "remove_edge": {
        const id = idOf(linkKey(edit.link));
        return id === undefined ? [] : [{ op: "delete_edge", id }];
      }
      case "put_note":
        notes[edit.note.id] = edit.note;
        return [{ op: "put_note", note: edit.note }];
      case "set_note": {
        const note = notes[edit.id];
        if (!note) return []; // somebody has deleted it
        notes[edit.id] = { ...note, ...edit.patch };
        return [{ op: "put_note", note: notes[edit.id], old_text: edit.before.text ?? note.text }];
      }
      case "remove_note":
        return [{ op: "delete_note", id: edit.id }];
    }
  });
}

function creation(node: WorkflowNode): Operation {
  const { node_id, component_type, label, position_x, position_y, interrupt_before, interrupt_after } = node;
  const fields = {
    node_id,
    component_type,
    label,
    position_x,
    position_y,
    interrupt_before,
    interrupt_after,
  };
  const config = Object.fromEntries(Object.entries(node.config).filter(([, value]) => value != null));
  return { op: "create_node", ...fields, config };
}

/** One edit in place of several of the same node that follow one another, such as the steps of a drag. */
export function compact(edits: Edit[]): Edit[] {
  const found: Edit[] = [];
  for (const edit of edits) {
    const last = found.at(-1);
    if (edit.kind === "set_node" && last?.kind === "set_node" && last.node_id === edit.node_id)
      found[found.length - 1] = { ...last, patch: { ...last.patch, ...edit.patch } };
    else if (edit.kind === "set_fields" && last?.kind === "set_fields" && last.node_id === edit.node_id)
      found[found.length - 1] = { ...last, changes: joined(last.changes, edit.changes) };
    else if (edit.kind === "put_note" && last?.kind === "put_note" && last.note.id === edit.note.id)
      found[found.length - 1] = edit;
    else if (edit.kind === "set_note" && last?.kind === "set_note" && last.id === edit.id)
      found[found.length - 1] = {
        ...last,
        patch: { ...last.patch, ...edit.patch },
        before: { ...edit.before, ...last.before },
      };
    else found.push(edit);
  }
  return found;
}
