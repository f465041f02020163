import { beforeEach, expect, it, vi } from "vitest";
import { node } from "./fixtures";
import { Journal, type Store } from "./journal";
import type { Batch } from "./sync";

const batch = (key: string): Batch => ({
  key,
  edits: [{ kind: "add_node", node: node(key) }],
  entry: 1,
  sent: false,
});
const journal = (workflow = 1, user = "ann", store: Store = localStorage) =>
  new Journal(user, workflow, store);
const keys = (taken: { batches: Batch[] }) => taken.batches.map((one) => one.key);

beforeEach(() => localStorage.clear());

it("gives what earlier pages left to the next, once", () => {
  journal().write({ batches: [batch("k1")], conflicts: [] });
  journal().write({ batches: [batch("k1"), batch("k2")], conflicts: [] });
  journal(2).write({ batches: [batch("k3")], conflicts: [] });
  journal(1, "ben").write({ batches: [batch("k4")], conflicts: [] });
  expect(keys(journal().takeOver())).toEqual(["k1", "k2"]);
  expect(localStorage).toHaveLength(3); // what was taken over is kept until it is sent
  expect(keys(journal(2).takeOver())).toEqual(["k3"]);
});

it("is gone when all is sent", () => {
  const one = journal();
  one.write({ batches: [batch("k")], conflicts: [] });
  one.write({ batches: [], conflicts: [] });
  expect(localStorage).toHaveLength(0);
});

it("keeps nothing rather than something old where there is no room", () => {
  const full: Store = {
    length: 0,
    key: () => null,
    getItem: () => null,
    removeItem: (name) => localStorage.removeItem(name),
    setItem: (name, text) => {
      if (text.length > 500) throw new DOMException("full", "QuotaExceededError");
      localStorage.setItem(name, text);
    },
  };
  const one = journal(1, "ann", full);
  expect(one.write({ batches: [batch("k")], conflicts: [] })).toBe(true);
  expect(one.write({ batches: [batch("x".repeat(1000))], conflicts: [] })).toBe(false);
  expect(localStorage).toHaveLength(0);
});

it("does not understand what is no journal", () => {
  localStorage.setItem("pipelit.unsent.ann.1.x", "{");
  localStorage.setItem("pipelit.unsent.ann.1.y", '{"version": 99, "batches": [1], "conflicts": []}');
  expect(keys(journal().takeOver())).toEqual([]);
});

it("is forgotten after a month", () => {
  vi.useFakeTimers({ now: 0 });
  journal(2).write({ batches: [batch("k")], conflicts: [] });
  vi.setSystemTime(31 * 86_400_000);
  journal(1).takeOver();
  expect(localStorage).toHaveLength(0);
  vi.useRealTimers();
});
