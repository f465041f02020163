/**
 * Unsent edits, sent in their order, each batch until it is answered: over a server that is away, slow or busy, and
 * exactly once, since each has its Idempotency-Key. Knows nothing of graphs.
 */
import { ApiError } from "@/api/client";
import { newKey } from "@/lib/key";
import type { Edit } from "./graph";
import type { Batch } from "./sync";

/** `signed-out`: the key has ended; `stopped`: the workflow is gone, or may not be changed any more. */
export type Saving = "saved" | "saving" | "offline" | "signed-out" | "stopped";

export interface Needs {
  /** `again`: it was sent before, and nobody knows whether it arrived. */
  send: (batch: Batch, again: boolean) => Promise<void>;
  /** Work that has to be done before the next batch, such as reading the graph again; null: none. */
  first: () => (() => Promise<void>) | null;
  /** The server has refused a batch: resolves once the queue is mended. May throw what stops or delays everything. */
  refused: (batch: Batch, error: Error) => Promise<void>;
  /** The queue or what is done with it has changed. */
  changed: (saving: Saving, why: string | null) => void;
}

export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 15_000;

/** Nothing can be sent any more. */
export class Stopped extends Error {}

export class Outbox {
  batches: Batch[] = [];
  private busy = false;
  private stopped = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting: [Saving, string | null] = ["offline", null];

  constructor(private readonly needs: Needs) {}

  /** To be followed by `start`. */
  add(edits: Edit[], entry: number, join: (edits: Edit[]) => Edit[]): void {
    const last = this.batches.at(-1);
    if (last && last.entry === entry && !last.sent)
      this.batches = [...this.batches.slice(0, -1), { ...last, edits: join([...last.edits, ...edits]) }];
    else this.batches = [...this.batches, { key: newKey(), edits, entry, sent: false }];
  }

  get isIdle(): boolean {
    return !this.busy && !this.batches.length;
  }

  /** Send what there is, unless that is under way or waits for its time. */
  start(): void {
    if (this.stopped) this.needs.changed("stopped", null);
    else if (this.timer !== undefined) this.needs.changed(...this.waiting);
    else void this.run();
  }

  /** Try now what waits: the server may be back. */
  hurry(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.start();
  }

  close(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    if (this.busy) return this.needs.changed("saving", null);
    this.busy = true;
    try {
      for (let work = this.next(); work; work = this.next()) {
        this.needs.changed("saving", null);
        await work();
        this.failures = 0;
      }
      this.busy = false;
      this.needs.changed("saved", null);
    } catch (error) {
      this.busy = false;
      this.delayed(error as Error);
    }
  }

  private next(): (() => Promise<void>) | null {
    const first = this.needs.first();
    if (first) return first;
    const batch = this.batches[0];
    return batch && !this.stopped ? () => this.deliver(batch) : null;
  }

  private async deliver(batch: Batch): Promise<void> {
    const again = batch.sent;
    batch.sent = true;
    this.needs.changed("saving", null);
    try {
      await this.needs.send(batch, again);
    } catch (error) {
      if (mayPass(error)) throw error;
      batch.sent = false; // an answer that refuses: it was not applied
      await this.needs.refused(batch, error as Error);
    }
  }

  private delayed(error: Error): void {
    if (mayPass(error)) {
      const { status, offline, message, retryAfter = 0 } = error;
      const pause = status === 401 ? LONGEST_PAUSE_MS : FIRST_PAUSE_MS * 2 ** this.failures;
      this.failures += 1;
      this.timer = setTimeout(() => this.hurry(), retryAfter * 1000 || Math.min(pause, LONGEST_PAUSE_MS));
      this.waiting = status === 401 ? ["signed-out", null] : ["offline", offline ? null : message];
      this.needs.changed(...this.waiting);
    } else {
      this.stopped = true;
      this.needs.changed("stopped", error instanceof Stopped ? error.message : String(error));
      if (!(error instanceof Stopped)) throw error;
    }
  }
}

/** Whether the same may be taken later: the server is away, busy, out of order, or does not know us any more. */
function mayPass(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.isPassing || [401, 408, 423, 425].includes(error.status);
}
