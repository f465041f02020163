/** The edits that what somebody wants comes to, in the graph as it is. Pure. */
import { fieldChanges, ownChanges } from "./fields";
import type { Edit, Graph } from "./graph";
import type { Note } from "./notes";

/** The edits that bring back what others have deleted, a note with the text that is being written; none for what the
 * server never had. */
export function broughtBack({ nodes, notes, edges }: Graph, id: string, text?: string): Edit[] {
  const [node, note] = [nodes[id], notes[id]];
  if (note) return [{ kind: "put_note", note: { ...note, text: text ?? note.text } }];
  if (!node?.id) return [];
  const links = Object.values(edges).filter((link) => link.source === id || link.target === id);
  return [
    { kind: "add_node", node: { ...node, id: 0, revision: 0 } },
    ...links.map((link): Edit => ({ kind: "add_edge", link })),
  ];
}

/** What is set as a whole changes only that in which it differs, so that others may change the rest. */
export function byField(graph: Graph, edits: Edit[]): Edit[] {
  return edits.flatMap((edit): Edit[] => {
    const note = edit.kind === "put_note" ? graph.notes[edit.note.id] : undefined;
    if (edit.kind === "put_note" && note) {
      const changed = (Object.keys(edit.note) as (keyof Note)[]).filter(
        (name) => note[name] !== edit.note[name],
      );
      const of = (one: Note) => Object.fromEntries(changed.map((name) => [name, one[name]]));
      return changed.length
        ? [{ kind: "set_note", id: note.id, patch: of(edit.note), before: of(note) }]
        : [];
    }
    if (edit.kind !== "set_node") return [edit];
    const {
      config,
      label: _label,
      interrupt_before: _before,
      interrupt_after: _after,
      ...patch
    } = edit.patch;
    const { node_id } = edit;
    const node = graph.nodes[node_id];
    const changes = [
      ...ownChanges(node, edit.patch),
      ...(config ? fieldChanges(node?.config ?? {}, config) : []),
    ];
    const rest: Edit[] = Object.keys(patch).length ? [{ kind: "set_node", node_id, patch }] : [];
    return changes.length ? [...rest, { kind: "set_fields", node_id, changes }] : rest;
  });
}
