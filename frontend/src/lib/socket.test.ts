import { beforeEach, describe, expect, it, vi } from "vitest";
import { FIRST_PAUSE_MS, Socket, type LiveEvent } from "./socket";

class Wire extends EventTarget {
  sent: Record<string, unknown>[] = [];
  constructor(readonly url: string) {
    super();
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.dispatchEvent(new Event("close"));
  }
  open() {
    this.dispatchEvent(new Event("open"));
  }
  says(message: unknown) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
}

let wires: Wire[];
let pauses: { call: () => void; ms: number; cancelled: boolean }[];
let ticket: () => Promise<string>;
let socket: Socket;

const wire = () => wires.at(-1)!;
const settled = () => new Promise((resolve) => setTimeout(resolve));
const event = (seq: string, channel = "workflow:a"): LiveEvent => ({
  type: "node_status",
  channel,
  seq,
  timestamp: "",
  data: { seq },
});

beforeEach(() => {
  wires = [];
  pauses = [];
  ticket = async () => "t 1";
  socket = new Socket({
    ticket: () => ticket(),
    open: (url) => {
      wires.push(new Wire(url));
      return wire() as unknown as WebSocket;
    },
    url: "ws://here/ws/",
    later: (call, ms) => {
      const pause = { call, ms, cancelled: false };
      pauses.push(pause);
      return () => {
        pause.cancelled = true;
      };
    },
    random: () => 1,
  });
});

async function connected() {
  socket.start();
  await settled();
  wire().open();
}

describe("Socket", () => {
  it("brings a ticket and subscribes to what was asked before", async () => {
    socket.subscribe("workflow:a", () => {});
    await connected();
    expect(wire().url).toBe("ws://here/ws/?token=t%201");
    expect(wire().sent).toEqual([{ type: "subscribe", channel: "workflow:a" }]);
    expect(socket.state).toBe("open");
  });

  it("tells each listener of a channel, and nobody else", async () => {
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()];
    await connected();
    socket.subscribe("workflow:a", one);
    const stop = socket.subscribe("workflow:a", two);
    socket.subscribe("workflow:b", other);
    wire().says(event("1"));
    stop();
    wire().says(event("2"));
    expect(one.mock.calls.map(([heard]) => heard.seq)).toEqual(["1", "2"]);
    expect(two).toHaveBeenCalledTimes(1);
    expect(other).not.toHaveBeenCalled();
  });

  it("begins where it is asked to", async () => {
    await connected();
    socket.subscribe("execution:1", () => {}, "0");
    expect(wire().sent.at(-1)).toEqual({ type: "subscribe", channel: "execution:1", since: "0" });
  });

  it("leaves a channel when its last listener has gone", async () => {
    await connected();
    socket.subscribe("workflow:a", () => {})();
    expect(wire().sent.at(-1)).toEqual({ type: "unsubscribe", channel: "workflow:a" });
  });

  it("goes on behind the last event after a reconnect, and hears none twice", async () => {
    const heard: string[] = [];
    await connected();
    socket.subscribe("workflow:a", (one) => heard.push(one.seq));
    wire().says(event("1"));
    wire().says(event("2"));
    wire().close();
    expect(socket.state).toBe("waiting");
    pauses.at(-1)!.call();
    await settled();
    wire().open();
    expect(wire().sent).toEqual([{ type: "subscribe", channel: "workflow:a", since: "2" }]);
    wire().says(event("2"));
    wire().says(event("3"));
    expect(heard).toEqual(["1", "2", "3"]);
  });

  it("passes on a resync and begins anew", async () => {
    const heard: string[] = [];
    await connected();
    socket.subscribe("workflow:a", (one) => heard.push(one.type));
    wire().says(event("9"));
    wire().says({ type: "resync", channel: "workflow:a" });
    wire().says(event("1"));
    expect(heard).toEqual(["node_status", "resync", "node_status"]);
  });

  it("tells who listens from now on to read again, once", async () => {
    const heard: string[] = [];
    await connected();
    socket.subscribe("workflow:a", (one) => heard.push(one.type));
    wire().says({ type: "subscribed", channel: "workflow:a", seq: "4" });
    wire().close();
    pauses.at(-1)!.call();
    await settled();
    wire().open();
    expect(wire().sent).toEqual([{ type: "subscribe", channel: "workflow:a", since: "4" }]);
    wire().says({ type: "subscribed", channel: "workflow:a", seq: "4" });
    expect(heard).toEqual(["resync"]);
  });

  it("does not tell who listens from what was read to read again", async () => {
    const heard = vi.fn();
    await connected();
    socket.subscribe("workflow:a", heard, "3");
    wire().says({ type: "subscribed", channel: "workflow:a", seq: "3" });
    expect(heard).not.toHaveBeenCalled();
  });

  it("answers a ping", async () => {
    await connected();
    wire().says({ type: "ping" });
    expect(wire().sent).toEqual([{ type: "pong" }]);
  });

  it("waits longer after each failure, and not after it was open", async () => {
    ticket = () => Promise.reject(new Error("away"));
    socket.start();
    await settled();
    for (let i = 0; i < 3; i += 1) {
      pauses.at(-1)!.call();
      await settled();
    }
    expect(pauses.map((pause) => pause.ms)).toEqual([1, 2, 4, 8].map((factor) => factor * FIRST_PAUSE_MS));
    ticket = async () => "t";
    socket.hurry();
    await settled();
    wire().open();
    wire().close();
    expect(pauses.at(-1)!.ms).toBe(FIRST_PAUSE_MS);
  });

  it("does nothing more once it is stopped", async () => {
    await connected();
    const states: string[] = [];
    socket.watch((state) => states.push(state));
    socket.stop();
    expect(states).toEqual(["off"]);
    expect(pauses).toEqual([]);
  });
});
