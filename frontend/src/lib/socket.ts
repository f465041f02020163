/**
 * One WebSocket per tab to `/ws/`. Subscriptions outlive the connection: after a reconnect each goes on behind the last
 * event that it saw, so nothing is missed; what the server has no more of is told by `resync`. No framework in here.
 */
export interface LiveEvent {
  type: string;
  channel: string;
  seq: string;
  timestamp: string;
  data: Record<string, unknown>;
  /** Of an `error`, and of an `unsubscribed` that was not asked for. */
  code?: string;
}

export type State = "off" | "connecting" | "open" | "waiting";
export type Listener = (event: LiveEvent) => void;

interface Subscription {
  listeners: Set<Listener>;
  since: string | null;
}

export interface Needs {
  /** A single-use ticket; rejects while the server is away. */
  ticket: () => Promise<string>;
  open: (url: string) => WebSocket;
  url: string;
  /** Calls back after so many milliseconds; cancels by what it returns. */
  later: (call: () => void, ms: number) => () => void;
  random: () => number;
}

export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 15_000;

export class Socket {
  private subscriptions = new Map<string, Subscription>();
  private watchers = new Set<(state: State) => void>();
  private connection: WebSocket | null = null;
  private failures = 0;
  private wanted = false;
  private cancelPause: (() => void) | null = null;
  /** Counts attempts, so that a late answer to an older one is ignored. */
  private attempt = 0;
  state: State = "off";

  constructor(private readonly needs: Needs) {}

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    void this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.attempt += 1;
    this.cancelPause?.();
    this.connection?.close();
    this.connection = null;
    for (const subscription of this.subscriptions.values()) subscription.since = null;
    this.become("off");
  }

  /** Try again at once, as when the browser says that it is online. */
  hurry(): void {
    if (this.state !== "waiting") return;
    this.cancelPause?.();
    void this.connect();
  }

  watch(listener: (state: State) => void): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  /**
   * Listen on a channel, from behind the event `since` ("0": from its beginning), or from now on: then a `resync` comes
   * first. Returns how to stop.
   */
  subscribe(channel: string, listener: Listener, since: string | null = null): () => void {
    let found = this.subscriptions.get(channel);
    if (!found) {
      found = { listeners: new Set(), since };
      this.subscriptions.set(channel, found);
      this.send({ type: "subscribe", channel, ...(since ? { since } : {}) });
    }
    const subscription = found;
    subscription.listeners.add(listener);
    return () => {
      subscription.listeners.delete(listener);
      if (subscription.listeners.size || this.subscriptions.get(channel) !== subscription) return;
      this.subscriptions.delete(channel);
      this.send({ type: "unsubscribe", channel });
    };
  }

  /** Send a message that nobody waits for; dropped while there is no connection. */
  tell(message: Record<string, unknown> & { type: string }): void {
    this.send(message);
  }

  private async connect(): Promise<void> {
    const attempt = ++this.attempt;
    this.become("connecting");
    let ticket: string;
    try {
      ticket = await this.needs.ticket();
    } catch {
      if (attempt === this.attempt) this.pause();
      return;
    }
    if (attempt !== this.attempt || !this.wanted) return;
    const connection = this.needs.open(`${this.needs.url}?token=${encodeURIComponent(ticket)}`);
    this.connection = connection;
    connection.addEventListener("open", () => {
      if (attempt !== this.attempt) return;
      this.failures = 0;
      this.become("open");
      for (const [channel, { since }] of this.subscriptions)
        this.send({ type: "subscribe", channel, ...(since ? { since } : {}) });
    });
    connection.addEventListener("message", (message) => {
      if (attempt === this.attempt) this.heard(JSON.parse(String(message.data)));
    });
    connection.addEventListener("close", () => {
      if (attempt !== this.attempt) return;
      this.connection = null;
      if (this.wanted) this.pause();
    });
  }

  private heard(message: LiveEvent): void {
    if (message.type === "ping") {
      this.send({ type: "pong" });
      return;
    }
    const subscription = message.channel ? this.subscriptions.get(message.channel) : undefined;
    if (!subscription) return;
    // What was read before the listening began may be old already, which is no other than a lost event.
    if (message.type === "subscribed" && subscription.since === null)
      message = { ...message, type: "resync" };
    else if (message.type === "resync") subscription.since = null;
    if (message.seq) {
      if (subscription.since !== null && message.seq <= subscription.since) return; // seen before the reconnect
      subscription.since = message.seq;
    }
    if (message.type === "subscribed" || (message.type === "unsubscribed" && !message.code)) return;
    if (message.type === "error" && message.code === "unavailable") this.subscribeAgain(message.channel);
    for (const listener of subscription.listeners) listener(message);
  }

  private subscribeAgain(channel: string): void {
    const attempt = this.attempt;
    this.needs.later(() => {
      const found = this.subscriptions.get(channel);
      if (attempt !== this.attempt || !found) return;
      this.send({ type: "subscribe", channel, ...(found.since ? { since: found.since } : {}) });
    }, FIRST_PAUSE_MS);
  }

  private pause(): void {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures += 1;
    this.become("waiting");
    this.cancelPause = this.needs.later(() => void this.connect(), longest * (0.5 + this.needs.random() / 2));
  }

  private send(message: unknown): void {
    if (this.connection && this.state === "open") this.connection.send(JSON.stringify(message));
  }

  private become(state: State): void {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher(state);
  }
}
