import { beforeEach, expect, it } from "vitest";
import type { LiveEvent } from "@/lib/socket";
import { AGAIN_MS, GAP_MS, Presence, SILENT_MS, type Person, type Where } from "./presence";

let now: number;
let timers: { at: number; call: () => void }[];
let told: Where[];
let presence: Presence;

function pass(ms: number) {
  const end = now + ms;
  for (;;) {
    timers.sort((a, b) => a.at - b.at);
    if (!timers.length || timers[0]!.at > end) break;
    const { at, call } = timers.shift()!;
    now = at;
    call();
  }
  now = end;
}

const event = (data: Partial<Person> & { gone?: boolean }): LiveEvent => ({
  type: "presence",
  channel: "",
  seq: "",
  timestamp: "",
  data: { user: 2, name: "ben", node_id: null, ...data },
});

beforeEach(() => {
  now = 0;
  timers = [];
  told = [];
  presence = new Presence({
    tell: (where) => told.push(where),
    now: () => now,
    later: (call, ms) => {
      const timer = { at: now + ms, call };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
  });
});

it("tells where we are at most ten times a second, and the last place for sure", () => {
  for (let x = 0; x < 100; x += 1) {
    presence.point({ x, y: 0 });
    pass(10);
  }
  pass(GAP_MS);
  expect(told.length).toBeLessThanOrEqual(11);
  expect(told.at(-1)).toEqual({ node_id: null, x: 99, y: 0 });
  presence.point(null);
  presence.choose("a");
  pass(GAP_MS);
  expect(told.at(-1)).toEqual({ node_id: "a" });
});

it("knows who is there, and answers who is new", () => {
  presence.heard(event({ id: "p", node_id: "a" }));
  pass(GAP_MS);
  expect(told).toHaveLength(1);
  presence.heard(event({ id: "p", node_id: "b", x: 1, y: 2 }));
  pass(GAP_MS);
  expect(told).toHaveLength(1);
  expect(presence.people.getState().p).toMatchObject({ name: "ben", node_id: "b", x: 1, y: 2 });
  presence.heard(event({ id: "p", gone: true }));
  expect(presence.people.getState()).toEqual({});
});

it("tells again now and then, and forgets who is silent", () => {
  presence.start();
  presence.heard(event({ id: "p" }));
  pass(AGAIN_MS + GAP_MS);
  expect(told).toHaveLength(2);
  expect(Object.keys(presence.people.getState())).toEqual(["p"]);
  pass(SILENT_MS);
  expect(presence.people.getState()).toEqual({});
  presence.stop();
  expect(timers).toEqual([]);
});
