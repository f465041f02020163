/** The graph as the server has it, as far as we know: from reading it, from live events, and from answers to edits. */
import { t } from "@lingui/core/macro";
import type { WorkflowEdge, WorkflowNode } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { apply, linkKey, linkOf, type Edit, type Graph } from "./graph";
import type { Place } from "./fields";
import type { Note } from "./notes";
import { Actors } from "./actors";
import { isNewer, withEdge, withoutEdge } from "./sync";

export type Result = WorkflowNode | WorkflowEdge | Note | null;

/** A workflow's graph as the API shows it. */
export interface Read {
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
  notes?: Note[];
}

export class Mirror {
  graph: Graph = { nodes: {}, edges: {}, notes: {} };
  private ids = new Map<string, number>();
  /** What others have deleted since the batch that is under way was sent: its answer must not bring it back. */
  private deleted = new Set<string | number>();
  private actors = new Actors();

  constructor(read: Read) {
    this.read(read);
  }

  read({ nodes, edges, notes = [] }: Read): void {
    this.ids = new Map(edges.map((edge) => [linkKey(linkOf(edge)), edge.id]));
    for (const node of nodes) this.actors.changed(this.graph.nodes[node.node_id], node, null);
    this.takeNotes(notes, null);
    this.graph = {
      nodes: Object.fromEntries(nodes.map((node) => [node.node_id, node])),
      edges: Object.fromEntries(edges.map((edge) => [linkKey(linkOf(edge)), linkOf(edge)])),
      notes: this.graph.notes,
    };
  }

  idOf = (key: string): number | undefined => this.ids.get(key);

  /** Who was the last to change this field of a node, to delete a node, or to write or delete a note; null until an
   * event tells. */
  actorOf = (id: string, place?: Place): string | null => {
    const node = place && this.graph.nodes[id];
    return node ? this.actors.ofField(node, place) : this.actors.of(id);
  };

  sending(): void {
    this.deleted.clear();
  }

  /** Take a live event; answers the rename that it tells of, if that is news. */
  hear(event: LiveEvent): { from: string; to: string } | null {
    const data = event.data as Record<string, unknown>;
    switch (event.type) {
      case "node_created":
      case "node_updated": {
        const { old_node_id, actor, ...node } = data as unknown as WorkflowNode & Heard;
        const renamed = old_node_id !== undefined && this.graph.nodes[node.node_id]?.id !== node.id;
        if (renamed) this.rename(old_node_id, node.node_id);
        this.take(node, actor ?? t`Somebody`);
        return renamed ? { from: old_node_id, to: node.node_id } : null;
      }
      case "node_deleted":
        this.actors.deleted(String(data.node_id), (data as Heard).actor ?? t`Somebody`);
        this.deleted.add(String(data.node_id));
        this.apply({ kind: "remove_node", node_id: String(data.node_id) });
        break;
      case "edge_created":
      case "edge_updated":
        this.takeEdge(data as unknown as WorkflowEdge);
        break;
      case "edge_deleted":
        this.deleted.add(Number(data.id));
        this.graph = withoutEdge(this.graph, this.keyOf(Number(data.id)));
        break;
      case "workflow_updated":
        if (Array.isArray(data.notes))
          this.takeNotes(data.notes as Note[], (data as Heard).actor ?? t`Somebody`);
    }
    return null;
  }

  /** Take what the server answered to edits. */
  took(edits: Edit[], results: Result[]): void {
    const made = new Set(results.map((result) => result && "node_id" in result && result.node_id));
    for (const edit of edits)
      if (edit.kind === "rename_node") this.rename(edit.from, edit.to);
      else if (edit.kind === "remove_edge" || edit.kind.endsWith("_note")) this.apply(edit);
      else if (edit.kind === "remove_node") {
        if (made.has(edit.node_id))
          this.deleted.delete(edit.node_id); // and made again
        else this.apply(edit);
      }
    for (const result of results) {
      if (!result) continue;
      if ("source_node_id" in result) {
        if (!this.deleted.has(result.id)) this.takeEdge(result);
      } else if ("node_id" in result && !this.deleted.has(result.node_id)) this.take(result);
    }
  }

  /** The graph with the nodes as an answer has them, though others may have changed them since. */
  answered(results: Result[]): Graph {
    const nodes = results.filter((one): one is WorkflowNode => one !== null && "node_id" in one);
    return {
      ...this.graph,
      nodes: { ...this.graph.nodes, ...Object.fromEntries(nodes.map((node) => [node.node_id, node])) },
    };
  }

  /** A state of a node; `actor`: whose, if it is told. */
  take(node: WorkflowNode, actor: string | null = null): void {
    const known = this.graph.nodes[node.node_id];
    if (!isNewer(node, known)) return this.actors.explained(known!, node, actor);
    this.actors.changed(known, node, actor);
    this.graph = { ...this.graph, nodes: { ...this.graph.nodes, [node.node_id]: node } };
  }

  private takeNotes(notes: Note[], actor: string | null): void {
    const [before, after] = [this.graph.notes, byId(notes)];
    for (const id of Object.keys({ ...before, ...after }))
      this.actors.wrote(id, before[id]?.text !== after[id]?.text, actor);
    this.graph = { ...this.graph, notes: after };
  }

  private takeEdge(edge: WorkflowEdge): void {
    const link = linkOf(edge);
    this.graph = withEdge(withoutEdge(this.graph, this.keyOf(edge.id)), link);
    this.ids.set(linkKey(link), edge.id);
  }

  private rename(from: string, to: string): void {
    const ids = Object.entries(this.graph.edges).map(([key, link]) => [link, this.ids.get(key)] as const);
    this.apply({ kind: "rename_node", from, to });
    const moved = (name: string) => (name === from ? to : name);
    for (const [link, id] of ids)
      if (id !== undefined)
        this.ids.set(linkKey({ ...link, source: moved(link.source), target: moved(link.target) }), id);
  }

  private apply(edit: Edit): void {
    this.graph = apply(this.graph, edit).graph;
  }

  private keyOf(id: number): string | undefined {
    return [...this.ids].find(([key, one]) => one === id && this.graph.edges[key])?.[0];
  }
}

function byId(notes: Note[]): Record<string, Note> {
  return Object.fromEntries(notes.map((note) => [note.id, note]));
}

interface Heard {
  old_node_id?: string;
  actor?: string;
}
