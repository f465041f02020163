/** What becomes of unsent edits when the server's graph turns out to be another than the one they were made on. Pure. */
import type { WorkflowNode } from "@/api/types";
import { fieldValue, isSamePlace, same, type FieldChange, type Place } from "./fields";
import type { Operation } from "./operations";
import { apply, freeId, linkKey, type Edit, type Graph } from "./graph";
import type { Note } from "./notes";

/** Edits that are sent together. */
export interface Batch {
  /** The Idempotency-Key: sent twice, it is applied once. */
  key: string;
  edits: Edit[];
  /** The step of the history that it came from. */
  entry: number;
  /** It was sent, and may have been applied though no answer came. */
  sent: boolean;
  /** As it was sent first: until it is answered it is the same, also what it is based on. */
  operations?: Operation[];
}

/** Fields of a node, or the text of a note, that somebody else has changed, too, with what we wanted them to be. */
export interface Conflict {
  /** Of a note, its id: no node has such a one. */
  node_id: string;
  /** Null: not told yet. */
  actor: string | null;
  fields: (Place & { mine: unknown })[];
}

/** Who was the last to change a field of a node, or a note. */
type ActorOf = (id: string, place?: Place) => string | null;

export interface Reconciled {
  batches: Batch[];
  conflicts: Conflict[];
  /** Nodes and notes that are gone although we have changed them. */
  lost: string[];
  /** Our new nodes whose ids others have taken meanwhile: old id, new id. */
  renamed: [string, string][];
}

/** The graph as it will be when all is sent. */
export function overlay(base: Graph, batches: Batch[]): Graph {
  return batches.flatMap((batch) => batch.edits).reduce((graph, edit) => shown(graph, edit), base);
}

function shown(graph: Graph, edit: Edit): Graph {
  if (edit.kind === "add_node" && graph.nodes[edit.node.node_id]) return graph; // our own, back from the server
  return apply(graph, edit).graph;
}

/** Let unsent edits follow the server's graph: what is done already or has lost its object goes, what contradicts
 * somebody else's change becomes a conflict. What was sent is left alone until it is answered. */
export function reconcile(base: Graph, batches: Batch[], actorOf: ActorOf): Reconciled {
  const result: Reconciled = { batches: [], conflicts: [], lost: [], renamed: [] };
  const taken = { ...overlay(base, batches).nodes };
  const unanswered = new Set<string>();
  let graph = base;
  for (const batch of batches) {
    if (batch.sent) {
      graph = overlay(graph, [batch]);
      for (const edit of batch.edits) if (edit.kind === "add_node") unanswered.add(edit.node.node_id);
      result.batches.push(batch);
      continue;
    }
    const edits: Edit[] = [];
    for (const given of batch.edits) {
      let edit: Edit | null = result.renamed.reduce((one, [from, to]) => retargeted(one, from, to), given);
      if (edit.kind === "add_node" && graph.nodes[edit.node.node_id]) {
        const [from, to] = [edit.node.node_id, freeId(edit.node.node_id, taken)];
        taken[to] = edit.node;
        result.renamed.push([from, to]);
        edit = retargeted(edit, from, to);
      }
      if (edit.kind === "set_fields" && !unanswered.has(edit.node_id))
        edit = settled(edit, graph.nodes[edit.node_id], result.conflicts, actorOf);
      if (edit?.kind === "set_note")
        edit = settledNote(edit, graph.notes[edit.id], result.conflicts, actorOf);
      if (!edit) continue;
      const step = apply(graph, edit);
      if (!step.inverse.length) {
        if (edit.kind === "set_node" || edit.kind === "set_fields") result.lost.push(edit.node_id);
        if (edit.kind === "set_note") result.lost.push(edit.id);
        continue;
      }
      graph = step.graph;
      edits.push(edit);
    }
    if (edits.length) result.batches.push({ ...batch, edits });
  }
  return result;
}

type FieldsEdit = Extract<Edit, { kind: "set_fields" }>;

/** The edit without what is so already or contradicts somebody else; null if nothing is left of it. */
function settled(
  edit: FieldsEdit,
  node: WorkflowNode | undefined,
  conflicts: Conflict[],
  actorOf: ActorOf,
): Edit | null {
  if (!node) return edit; // `apply` finds that it is gone
  const kept = edit.changes.filter((change) => {
    const now = fieldValue(node, change);
    if (same(now, change.to)) return false;
    if (same(now, change.from)) return true;
    note(conflicts, edit.node_id, actorOf(edit.node_id, change), change);
    return false;
  });
  return kept.length ? { ...edit, changes: kept } : null;
}

type NoteEdit = Extract<Edit, { kind: "set_note" }>;

/** Likewise of a note: its text is what two may write at a time; where it lies and how it looks, the last one says. */
function settledNote(
  edit: NoteEdit,
  now: Note | undefined,
  conflicts: Conflict[],
  actorOf: ActorOf,
): Edit | null {
  const { text: to, ...patch } = edit.patch;
  if (!now || to === undefined || now.text === edit.before.text) return edit;
  if (now.text !== to)
    note(conflicts, edit.id, actorOf(edit.id), { place: "node", name: "text", from: now.text, to });
  const { text: _old, ...before } = edit.before;
  return Object.keys(patch).length ? { ...edit, patch, before } : null;
}

function note(
  conflicts: Conflict[],
  node_id: string,
  actor: string | null,
  { place, name, to }: FieldChange,
): void {
  let found = conflicts.find((one) => one.node_id === node_id);
  if (!found) conflicts.push((found = { node_id, actor, fields: [] }));
  found.actor ??= actor;
  found.fields = [
    ...found.fields.filter((field) => !isSamePlace(field, { place, name })),
    { place, name, mine: to },
  ];
}

/** New conflicts beside those that are not settled yet; of one field, the newest of ours. */
export function addConflicts(known: Conflict[], fresh: Conflict[], actorOf: ActorOf): Conflict[] {
  const found = known.map((one) => ({ ...one, actor: one.actor ?? actorOf(one.node_id, one.fields[0]) }));
  for (const { node_id, actor, fields } of fresh)
    for (const { mine, ...place } of fields)
      note(found, node_id, actor, { ...place, from: undefined, to: mine });
  return found;
}

/** The edit after a node has got another id. */
export function retargeted(edit: Edit, from: string, to: string): Edit {
  const moved = (id: string) => (id === from ? to : id);
  switch (edit.kind) {
    case "add_node":
      return { ...edit, node: { ...edit.node, node_id: moved(edit.node.node_id) } };
    case "rename_node":
      return { ...edit, from: moved(edit.from) };
    case "add_edge":
    case "remove_edge":
      return {
        ...edit,
        link: { ...edit.link, source: moved(edit.link.source), target: moved(edit.link.target) },
      };
    case "put_note":
    case "set_note":
    case "remove_note":
      return edit;
    default:
      return { ...edit, node_id: moved(edit.node_id) };
  }
}

/** Later changes of a field go on from what the server answered to the batch that has ended, or if it was refused (null),
 * from what that went on from. What others have made of the field since still contradicts them. */
export function continued(batches: Batch[], ended: Batch, answer: Graph | null): Batch[] {
  const done = ended.edits.filter((edit) => edit.kind === "set_fields");
  const follow = (node_id: string, change: FieldChange): FieldChange => {
    const before = done
      .filter((edit) => edit.node_id === node_id)
      .flatMap((edit) => edit.changes)
      .filter((one) => isSamePlace(one, change));
    if (!same(before.at(-1)?.to, change.from) || !before[0]) return change;
    const node = answer?.nodes[node_id];
    if (answer && !node) return change;
    return { ...change, from: node ? fieldValue(node, change) : before[0].from };
  };
  return batches.map((batch) => ({
    ...batch,
    edits: batch.edits.map((edit) =>
      edit.kind === "set_fields"
        ? { ...edit, changes: edit.changes.map((change) => follow(edit.node_id, change)) }
        : edit,
    ),
  }));
}

/** Whether `fresh` is the later of two states of one node. */
export function isNewer(fresh: WorkflowNode, known: WorkflowNode | undefined): boolean {
  if (!known || fresh.id !== known.id) return true;
  if (fresh.revision !== known.revision) return fresh.revision > known.revision;
  return (fresh.updated_at ?? "") >= (known.updated_at ?? "");
}

/** The graph without the edge of this key. */
export function withoutEdge(graph: Graph, key: string | undefined): Graph {
  if (key === undefined || !graph.edges[key]) return graph;
  return apply(graph, { kind: "remove_edge", link: graph.edges[key] }).graph;
}

export function withEdge(graph: Graph, link: Graph["edges"][string]): Graph {
  return { ...graph, edges: { ...graph.edges, [linkKey(link)]: link } };
}
