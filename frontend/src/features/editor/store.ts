/**
 * The editor's document: what the server has, with our unsent edits over it. Edits are shown at once, sent in order, and
 * can be undone; what others do arrives as live events. What the server refuses is taken back, and nothing else.
 */
import { t } from "@lingui/core/macro";
import { createStore } from "zustand/vanilla";
import { ApiError, get, post } from "@/api/client";
import type { WorkflowEdge, WorkflowNode } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { fieldValue, same, type Place } from "./fields";
import { applyAll, type Edit, type Graph } from "./graph";
import type { Journal } from "./journal";
import { Mirror, type Read, type Result } from "./mirror";
import { nameOf, type Note } from "./notes";
import { compact, MAX_OPERATIONS, operations, type Operation } from "./operations";
import { Outbox, Stopped, type Saving } from "./outbox";
import { addConflicts, continued, overlay, reconcile, retargeted, type Batch, type Conflict } from "./sync";
import { broughtBack, byField } from "./wanted";

export type { Operation, Saving };

interface Entry {
  id: number;
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
  /** The server's sentence, if it is the reason why nothing is saved. */
  why: string | null;
  readOnly: boolean;
  /** Fields that somebody else has changed while we did; settled one node at a time. */
  conflicts: Conflict[];
  /** Whether what is unsent would outlive this page. */
  kept: boolean;
  /** Why there is no such workflow any more, in a sentence. */
  gone: string | null;
}

export interface Options {
  slug: string;
  me: string;
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
  notes?: Note[];
  readOnly?: boolean;
  onRefused: (error: Error) => void;
  /** Somebody has deleted a node or a note on which we work, or of which we have unsent changes; `back` brings it back
   * with all that is known of it here. */
  onLost?: (name: string, actor: string, back: () => void) => void;
  /** Where unsent edits are kept over a reload; nowhere by default. */
  journal?: Journal;
  /** How operations are sent, and the whole graph read again; the API by default. */
  send?: (operations: Operation[], key: string) => Promise<Result[]>;
  reload?: () => Promise<Read>;
}

const MAX_HISTORY = 200;
/** A server that is so slow is asked again. */
const PATIENCE_MS = 30_000;

export class EditorDocument {
  readonly store;
  /** Grows with each change that is made here. */
  edition = 0;
  private readonly mirror: Mirror;
  private readonly outbox: Outbox;
  private entries = 0;
  /** On what somebody works here; of a note, the text as it is by now. */
  private held = new Map<string, (() => string) | undefined>();
  /** The graph has to be read again; events that come meanwhile wait. */
  private stale = false;
  private reading: LiveEvent[] | null = null;

  constructor(private readonly options: Options) {
    this.mirror = new Mirror(options);
    this.store = createStore<Document>(() => ({
      ...this.mirror.graph,
      past: [],
      future: [],
      saving: "saved",
      why: null,
      readOnly: options.readOnly ?? false,
      conflicts: [],
      kept: true,
      gone: null,
    }));
    this.outbox = new Outbox({
      send: (batch, again) => this.send(batch, again),
      first: () => (this.stale ? () => this.read() : null),
      refused: (batch, error) => this.refused(batch, error),
      changed: (saving, why) => this.store.setState({ saving, why, kept: this.keep() }),
    });
    const left = options.journal?.takeOver();
    if (!left || (!left.batches.length && !left.conflicts.length)) return;
    this.outbox.batches = left.batches;
    this.store.setState({ conflicts: left.conflicts });
    this.follow();
    this.outbox.start();
  }

  /** Change the graph as one step of the history. */
  edit(label: string, wanted: Edit[], key?: string): void {
    const state = this.store.getState();
    const edits = byField(state, wanted);
    if (state.readOnly || !edits.length) return;
    const { graph, inverse } = applyAll(state, edits);
    if (!inverse.length) return;
    const last = state.past.at(-1);
    const merged = key !== undefined && last?.key === key;
    const entry = merged
      ? { ...last, redo: [...last.redo, ...edits], undo: [...inverse, ...last.undo] }
      : { id: ++this.entries, label, undo: inverse, redo: edits, key };
    const past = [...(merged ? state.past.slice(0, -1) : state.past), entry].slice(-MAX_HISTORY);
    this.store.setState({ ...graph, past, future: [] });
    this.enqueue(edits, entry.id);
    this.outbox.start();
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
    const { graph, inverse } = applyAll(state, edits);
    const id = ++this.entries; // sent apart from what it takes back
    const others = { [from]: state[from].slice(0, -1) };
    if (!inverse.length) {
      this.store.setState(others); // what it was about is gone
      return this.step(from, to, which);
    }
    this.store.setState({ ...graph, ...others, [to]: [...state[to], { ...entry, id, key: undefined }] });
    this.enqueue(edits, id);
    this.follow(); // a field that somebody else has changed since is not overwritten silently
    this.outbox.start();
    return entry.label;
  }

  /** Work on a node or a note begins: should others delete it, that is told. Returns what ends it. */
  hold(id: string, text?: () => string): () => void {
    this.held.set(id, text);
    return () => this.held.delete(id);
  }

  /** What somebody (we, too) has done, as the server tells it. */
  heard(event: LiveEvent): void {
    const isLost = event.code === "not_found"; // the channel; so may be the workflow, or our rights
    if (isLost || event.type === "resync" || (event.type === "workflow_updated" && event.data.restored))
      this.reload();
    else if (this.reading) this.reading.push(event);
    else {
      const renamed = this.mirror.hear(event);
      if (renamed) this.rename(renamed.from, renamed.to);
      if (/^(node|edge|workflow)_(cre|upd|del)/.test(event.type)) this.follow();
    }
  }

  /** Settle the first conflict: `mine` are the fields in which our values go over theirs. */
  settle(mine: Place[]): void {
    const [conflict, ...conflicts] = this.store.getState().conflicts;
    if (!conflict) return;
    this.store.setState({ conflicts });
    const { nodes, notes } = this.store.getState();
    const { node_id } = conflict;
    const [node, note] = [nodes[node_id], notes[node_id]];
    const chosen = conflict.fields.filter((field) =>
      mine.some((one) => one.place === field.place && one.name === field.name),
    );
    const changes = chosen.map(({ place, name, mine: to }) => {
      const from = node && fieldValue(node, { place, name });
      return { place, name, from, to };
    });
    const mineOf = Object.fromEntries(changes.map(({ name, to }) => [name, to]));
    if (changes.length)
      this.edit(t`Keep mine`, [
        note ? { kind: "put_note", note: { ...note, ...mineOf } } : { kind: "set_fields", node_id, changes },
      ]);
    this.store.setState({ kept: this.keep() });
  }

  /** Read everything again, as after a gap in the live events; before anything else is sent. */
  reload(): void {
    this.stale = true;
    this.outbox.start();
  }

  /** The server may be back: try at once what waits. */
  hurry(): void {
    this.outbox.hurry();
  }

  isBusy(): boolean {
    return !this.outbox.isIdle || this.store.getState().conflicts.length > 0;
  }

  /** What has not been saved, for a file. */
  unsent() {
    return { workflow: this.options.slug, edits: this.outbox.batches.flatMap((batch) => batch.edits) };
  }

  /** There is no such workflow any more: nothing is sent, and nothing may be changed. */
  stop(gone: string): void {
    this.outbox.close();
    this.store.setState({ readOnly: true, saving: "stopped", gone });
  }

  close(): void {
    this.outbox.close();
  }

  private enqueue(edits: Edit[], entry: number): void {
    this.edition += 1;
    for (let start = 0; start < edits.length; start += MAX_OPERATIONS)
      this.outbox.add(edits.slice(start, start + MAX_OPERATIONS), entry, compact);
  }

  private async send(batch: Batch, again: boolean): Promise<void> {
    const wanted = (batch.operations ??= operations(this.mirror.graph, batch.edits, this.mirror.idOf));
    this.keep();
    this.mirror.sending();
    const results = wanted.length ? await this.deliver(wanted, batch.key) : [];
    this.mirror.took(batch.edits, results);
    this.stale ||= again; // the answer may be an old one
    this.drop(batch, this.mirror.answered(results));
  }

  private async deliver(wanted: Operation[], key: string): Promise<Result[]> {
    if (this.options.send) return this.options.send(wanted, key);
    const options = { idempotencyKey: key, signal: AbortSignal.timeout(PATIENCE_MS) };
    const path = `workflows/${this.options.slug}/bulk/`;
    return (await post<{ results: Result[] }>(path, { operations: wanted }, options)).results;
  }

  private async read(): Promise<void> {
    this.reading = [];
    this.stale = false;
    try {
      const found = await (this.options.reload ?? (() => get<Read>(`workflows/${this.options.slug}/`)))();
      this.mirror.read(found);
    } catch (error) {
      this.stale = true;
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.stop(error.message);
      throw new Stopped(error.message);
    } finally {
      const missed = this.reading;
      this.reading = null;
      for (const event of missed) this.heard(event);
    }
    this.follow();
  }

  private async refused(batch: Batch, error: Error): Promise<void> {
    batch.operations = undefined;
    const known = error instanceof ApiError ? error : null;
    const current = known?.status === 412 ? (known.data.current as WorkflowNode | undefined) : undefined;
    if (current) {
      this.mirror.take(current);
      return this.follow();
    }
    if (known?.status === 404 || known?.status === 409) {
      await this.read(); // somebody may have done or undone the same
      const now = this.outbox.batches.find((one) => one.key === batch.key);
      if (!now || !same(now.edits, batch.edits) || known.code === "note_changed") return;
      if (known.status === 404) {
        this.store.setState({ readOnly: true }); // we may still read it
        throw new Stopped(known.message);
      }
    }
    for (const edit of batch.edits) if (edit.kind === "rename_node") this.rename(edit.to, edit.from);
    this.drop(batch, null);
    const others = ({ id }: Entry) => id !== batch.entry || this.isQueued(batch.entry);
    const { past, future } = this.store.getState();
    this.store.setState({ past: past.filter(others), future: future.filter(others) });
    this.options.onRefused(error);
  }

  private isQueued(entry: number): boolean {
    return this.outbox.batches.some((batch) => batch.entry === entry);
  }

  /** A batch has been answered, or refused (null). */
  private drop(batch: Batch, answer: Graph | null): void {
    const others = this.outbox.batches.filter((one) => one.key !== batch.key);
    this.outbox.batches = continued(others, batch, answer);
    this.follow();
  }

  private rename(from: string, to: string): void {
    const follow = (edits: Edit[]) => edits.map((edit) => retargeted(edit, from, to));
    this.outbox.batches = this.outbox.batches.map((batch) =>
      batch.sent ? batch : { ...batch, edits: follow(batch.edits) },
    );
    const entry = (one: Entry) => ({ ...one, undo: follow(one.undo), redo: follow(one.redo) });
    const { past, future, conflicts } = this.store.getState();
    this.store.setState({
      past: past.map(entry),
      future: future.map(entry),
      conflicts: conflicts.map((one) => (one.node_id === from ? { ...one, node_id: to } : one)),
    });
  }

  /** Let the unsent edits follow the server's graph, and show the two together. */
  private follow(): void {
    const before = this.store.getState();
    const found = reconcile(this.mirror.graph, this.outbox.batches, this.mirror.actorOf);
    this.outbox.batches = found.batches;
    for (const [from, to] of found.renamed) this.rename(from, to);
    const graph = overlay(this.mirror.graph, found.batches);
    this.store.setState({
      ...graph,
      conflicts: addConflicts(this.store.getState().conflicts, found.conflicts, this.mirror.actorOf),
    });
    for (const id of new Set([...found.lost, ...this.held.keys()])) this.lost(id, before, graph);
    this.store.setState({ kept: this.keep() });
  }

  private lost(id: string, before: Document, now: Graph): void {
    const edits = broughtBack(before, id, this.held.get(id)?.());
    const isThere = now.nodes[id] || now.notes[id] || this.isRenamed(before.nodes[id]);
    if (before.readOnly || isThere || !edits.length) return;
    const note = before.notes[id];
    const back = () => this.edit(t`Bring it back`, edits);
    this.options.onLost?.(note ? nameOf(note) : id, this.mirror.actorOf(id) ?? t`Somebody`, back);
  }

  private isRenamed(node: WorkflowNode | undefined): boolean {
    return Object.values(this.mirror.graph.nodes).some((one) => one.id === node?.id);
  }

  private keep(): boolean {
    const { conflicts } = this.store.getState();
    return this.options.journal?.write({ batches: this.outbox.batches, conflicts }) ?? true;
  }
}
