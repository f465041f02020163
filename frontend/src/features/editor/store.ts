/**
 * The editor's document: edits are applied at once, sent in order as bulk operations, and can be undone. What others do
 * arrives as live events. A refused edit is taken back, and the server's sentence shown.
 */
import { createStore } from "zustand/vanilla";
import { ApiError, get, post } from "@/api/client";
import type { WorkflowEdge, WorkflowNode } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { apply, applyAll, linkKey, linkOf, type Edit, type Graph } from "./graph";

export type Saving = "saved" | "saving" | "offline";

interface Entry {
  label: string;
  undo: Edit[];
  redo: Edit[];
  /** Edits with the same key that follow one another are one step of the history. */
  key?: string;
}

export interface Document extends Graph {
  past: Entry[];
  future: Entry[];
  saving: Saving;
  readOnly: boolean;
  /** A node whose config somebody else has changed while we did: theirs. */
  conflict: { mine: WorkflowNode; theirs: WorkflowNode; actor: string } | null;
}

export interface Options {
  slug: string;
  me: string;
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
  readOnly?: boolean;
  onRefused: (error: Error) => void;
  /** How operations are sent, and the whole graph read again; the API by default. */
  send?: (operations: Operation[]) => Promise<(WorkflowNode | WorkflowEdge | null)[]>;
  reload?: () => Promise<{ nodes: WorkflowNode[]; edges: WorkflowEdge[] }>;
}

export type Operation = Record<string, unknown> & { op: string };
const MAX_HISTORY = 200;
const RETRY_MS = 3_000;

export class EditorDocument {
  readonly store;
  private edgeIds = new Map<string, number>();
  private queue: Edit[][] = [];
  private sending = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {
    this.store = createStore<Document>(() => ({
      ...this.read(options.nodes, options.edges),
      past: [],
      future: [],
      saving: "saved",
      readOnly: options.readOnly ?? false,
      conflict: null,
    }));
  }

  /** Change the graph as one step of the history. */
  edit(label: string, edits: Edit[], key?: string): void {
    const state = this.store.getState();
    if (state.readOnly || !edits.length) return;
    const { graph, inverse } = applyAll(state, edits);
    if (!inverse.length) return;
    const last = state.past.at(-1);
    const merged = key !== undefined && last?.key === key;
    const entry = merged
      ? { ...last, redo: [...last.redo, ...edits], undo: [...inverse, ...last.undo] }
      : { label, undo: inverse, redo: edits, key };
    const past = [...(merged ? state.past.slice(0, -1) : state.past), entry].slice(-MAX_HISTORY);
    this.store.setState({ ...graph, past, future: [] });
    this.enqueue(edits);
  }

  undo(): string | null {
    return this.step("past", "future", "undo");
  }

  redo(): string | null {
    return this.step("future", "past", "redo");
  }

  private step(from: "past" | "future", to: "past" | "future", which: "undo" | "redo"): string | null {
    const state = this.store.getState();
    const entry = state[from].at(-1);
    if (!entry || state.readOnly) return null;
    const edits = entry[which];
    const { graph } = applyAll(state, edits);
    this.store.setState({
      ...graph,
      [from]: state[from].slice(0, -1),
      [to]: [...state[to], { ...entry, key: undefined }],
    });
    this.enqueue(edits);
    return entry.label;
  }

  /** What somebody (we, too) has done, as the server tells it. */
  heard(event: LiveEvent): void {
    const data = event.data as Record<string, unknown> & { actor?: string };
    const state = this.store.getState();
    switch (event.type) {
      case "node_created":
      case "node_updated":
        this.nodeHeard(data as unknown as WorkflowNode & { old_node_id?: string }, data.actor ?? "");
        break;
      case "node_deleted":
        if (data.actor !== this.options.me)
          this.store.setState(apply(state, { kind: "remove_node", node_id: String(data.node_id) }).graph);
        break;
      case "edge_created":
      case "edge_updated": {
        const edge = data as unknown as WorkflowEdge;
        const old = [...this.edgeIds].find(([, id]) => id === edge.id)?.[0];
        const link = linkOf(edge);
        const { [old ?? ""]: _gone, ...edges } = state.edges;
        if (!this.isBusy()) this.store.setState({ edges: { ...edges, [linkKey(link)]: link } });
        this.edgeIds.set(linkKey(link), edge.id);
        break;
      }
      case "edge_deleted": {
        const key = [...this.edgeIds].find(([, id]) => id === data.id)?.[0];
        if (key && data.actor !== this.options.me) {
          const { [key]: _gone, ...edges } = state.edges;
          this.store.setState({ edges });
        }
        break;
      }
      case "workflow_updated":
        if ("restored" in data) void this.reload();
        break;
      case "resync":
        void this.reload();
    }
  }

  /** Settle a conflict: send ours again over theirs, or take theirs. */
  settle(choice: "mine" | "theirs"): void {
    const { conflict, nodes } = this.store.getState();
    if (!conflict) return;
    this.store.setState({ conflict: null });
    const { mine, theirs } = conflict;
    this.store.setState({ nodes: { ...nodes, [theirs.node_id]: theirs } });
    if (choice === "mine")
      this.edit("Keep mine", [{ kind: "set_node", node_id: mine.node_id, patch: { config: mine.config } }]);
  }

  /** Read everything again, as after a gap in the live events. */
  async reload(): Promise<void> {
    if (this.isBusy()) return;
    const { nodes, edges } = await (this.options.reload ?? (() => get(`workflows/${this.options.slug}/`)))();
    if (!this.isBusy()) this.store.setState(this.read(nodes, edges));
  }

  isBusy(): boolean {
    return this.sending || this.queue.length > 0;
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private read(nodes: WorkflowNode[], edges: WorkflowEdge[]): Graph {
    this.edgeIds = new Map(edges.map((edge) => [linkKey(linkOf(edge)), edge.id]));
    return {
      nodes: Object.fromEntries(nodes.map((node) => [node.node_id, node])),
      edges: Object.fromEntries(edges.map((edge) => [linkKey(linkOf(edge)), linkOf(edge)])),
    };
  }

  private nodeHeard(given: WorkflowNode & { old_node_id?: string; actor?: string }, actor: string): void {
    const { old_node_id, actor: _actor, ...node } = given;
    const state = this.store.getState();
    const mine = state.nodes[old_node_id ?? node.node_id];
    const touched = this.queue.flat().some((edit) => "node_id" in edit && edit.node_id === node.node_id);
    if (actor === this.options.me || !touched) {
      if (this.isBusy() && actor === this.options.me) {
        // more of ours is under way: take only what the server alone knows
        if (mine)
          this.store.setState({ nodes: { ...state.nodes, [mine.node_id]: { ...mine, ...known(node) } } });
        return;
      }
      const moved = old_node_id
        ? apply(state, { kind: "rename_node", from: old_node_id, to: node.node_id }).graph
        : state;
      this.store.setState({ ...moved, nodes: { ...moved.nodes, [node.node_id]: node } });
    } else if (mine && JSON.stringify(mine.config) !== JSON.stringify(node.config)) {
      this.store.setState({ conflict: { mine, theirs: node, actor } });
    }
  }

  private enqueue(edits: Edit[]): void {
    this.queue.push(edits);
    this.store.setState({ saving: "saving" });
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.queue.length) {
        const edits = this.queue[0]!;
        const results = await this.send(compact(edits).flatMap((edit) => this.operation(edit)));
        this.queue.shift();
        this.took(results);
      }
      this.store.setState({ saving: "saved" });
    } catch (error) {
      this.failed(error as Error);
    } finally {
      this.sending = false;
    }
  }

  private failed(error: Error): void {
    if (error instanceof ApiError && (error.offline || error.status >= 500 || error.status === 429)) {
      this.store.setState({ saving: "offline" });
      this.timer = setTimeout(() => void this.pump(), (error.retryAfter ?? 0) * 1000 || RETRY_MS);
      return;
    }
    this.queue = [];
    this.sending = false;
    const theirs =
      error instanceof ApiError && error.status === 412 ? (error.data.current as WorkflowNode) : null;
    const mine = theirs && this.store.getState().nodes[theirs.node_id];
    this.store.setState({ saving: "saved", past: [], future: [] });
    if (theirs && mine) {
      this.store.setState({ conflict: { mine, theirs, actor: "Somebody" } });
      return;
    }
    this.options.onRefused(error);
    void this.reload();
  }

  private async send(operations: Operation[]): Promise<(WorkflowNode | WorkflowEdge | null)[]> {
    if (!operations.length) return [];
    if (this.options.send) return this.options.send(operations);
    const path = `workflows/${this.options.slug}/bulk/`;
    return (await post<{ results: (WorkflowNode | WorkflowEdge | null)[] }>(path, { operations })).results;
  }

  private took(results: (WorkflowNode | WorkflowEdge | null)[]): void {
    const { nodes } = this.store.getState();
    const fresh = { ...nodes };
    for (const result of results) {
      if (!result) continue;
      if ("source_node_id" in result) this.edgeIds.set(linkKey(linkOf(result)), result.id);
      else if (fresh[result.node_id]) fresh[result.node_id] = { ...fresh[result.node_id]!, ...known(result) };
    }
    this.store.setState({ nodes: fresh });
  }

  private operation(edit: Edit): Operation[] {
    switch (edit.kind) {
      case "add_node": {
        const {
          node_id,
          component_type,
          label,
          position_x,
          position_y,
          interrupt_before,
          interrupt_after,
          config,
        } = edit.node;
        const node = {
          node_id,
          component_type,
          label,
          position_x,
          position_y,
          interrupt_before,
          interrupt_after,
        };
        return [{ op: "create_node", ...node, config: given(config) }];
      }
      case "remove_node":
        return [{ op: "delete_node", node_id: edit.node_id }];
      case "set_node": {
        const revision = this.store.getState().nodes[edit.node_id]?.revision;
        const based = edit.patch.config && revision ? { revision } : {};
        return [{ op: "update_node", node_id: edit.node_id, ...edit.patch, ...based }];
      }
      case "rename_node":
        return [{ op: "update_node", node_id: edit.from, new_node_id: edit.to }];
      case "add_edge": {
        const { source, target, label, condition } = edit.link;
        const ends = { source_node_id: source, target_node_id: target };
        return [{ op: "create_edge", ...ends, edge_label: label, condition_value: condition }];
      }
      case "remove_edge": {
        const id = this.edgeIds.get(linkKey(edit.link));
        this.edgeIds.delete(linkKey(edit.link));
        return id === undefined ? [] : [{ op: "delete_edge", id }];
      }
    }
  }
}

/** What only the server knows of a node. */
function known({ id, revision, warnings }: WorkflowNode): Partial<WorkflowNode> {
  return { id, revision, warnings };
}

/** A config without what is unset, as the server takes it. */
function given(config: WorkflowNode["config"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value != null));
}

/** One edit in place of several of the same node that follow one another, such as the steps of a drag. */
export function compact(edits: Edit[]): Edit[] {
  const found: Edit[] = [];
  for (const edit of edits) {
    const last = found.at(-1);
    if (edit.kind === "set_node" && last?.kind === "set_node" && last.node_id === edit.node_id)
      found[found.length - 1] = { ...last, patch: { ...last.patch, ...edit.patch } };
    else found.push(edit);
  }
  return found;
}
