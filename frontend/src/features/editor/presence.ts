/** Who else has this workflow open, what they have chosen and where they point; and telling them of us. No framework. */
import { createStore } from "zustand/vanilla";
import type { LiveEvent } from "@/lib/socket";

export interface Person {
  /** Of their page: one person may have two. */
  id: string;
  user: number;
  name: string;
  node_id: string | null;
  x?: number;
  y?: number;
  /** When they were heard of last, in ms. */
  at: number;
}

export type People = Record<string, Person>;

export interface Needs {
  /** Sends where we are; nothing happens while there is no connection. */
  tell: (where: Where) => void;
  later: (call: () => void, ms: number) => () => void;
  now: () => number;
}

export interface Where {
  node_id: string | null;
  x?: number;
  y?: number;
}

/** At most ten messages a second. */
export const GAP_MS = 100;
/** So often we are told of though nothing changes, and so long others may be silent: a killed server says no goodbye. */
export const AGAIN_MS = 20_000;
export const SILENT_MS = 60_000;

export class Presence {
  readonly people = createStore<People>(() => ({}));
  private where: Where = { node_id: null };
  private told = -Infinity;
  private cancel: (() => void) | null = null;
  private cancelAgain: () => void = () => {};

  constructor(private readonly needs: Needs) {}

  start(): void {
    this.cancelAgain = this.needs.later(() => {
      this.forgetSilent();
      this.soon();
      this.start();
    }, AGAIN_MS);
    this.soon();
  }

  /** After a new connection: the others have forgotten us. */
  again(): void {
    this.soon();
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
    this.cancelAgain();
  }

  choose(node_id: string | null): void {
    if (node_id === this.where.node_id) return;
    this.where = { ...this.where, node_id };
    this.soon();
  }

  /** Where on the canvas we point; null: nowhere. */
  point(at: { x: number; y: number } | null): void {
    const { node_id } = this.where;
    if (!at && this.where.x === undefined) return;
    this.where = at ? { node_id, x: Math.round(at.x), y: Math.round(at.y) } : { node_id };
    this.soon();
  }

  heard(event: LiveEvent): void {
    const { id, gone, ...told } = event.data as unknown as Person & { gone?: boolean };
    const known = this.people.getState();
    if (gone) {
      const { [id]: _gone, ...others } = known;
      this.people.setState(others, true);
      return;
    }
    this.people.setState({ [id]: { id, ...told, at: this.needs.now() } });
    if (!known[id]) this.soon(); // who has just come does not know of us
  }

  private soon(): void {
    if (this.cancel) return;
    const wait = Math.max(0, this.told + GAP_MS - this.needs.now());
    this.cancel = this.needs.later(() => {
      this.cancel = null;
      this.told = this.needs.now();
      this.needs.tell(this.where);
    }, wait);
  }

  private forgetSilent(): void {
    const since = this.needs.now() - SILENT_MS;
    const heard = Object.entries(this.people.getState()).filter(([, person]) => person.at >= since);
    this.people.setState(Object.fromEntries(heard), true);
  }
}

/** Those on which a name can be read. */
const COLOURS = ["--ai", "--tool", "--logic", "--model", "--parser", "--platform"];

/** The colour by which a person is known, the same in all browsers. */
export function colourOfPerson(user: number): string {
  return `var(${COLOURS[user % COLOURS.length]!})`;
}
