import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LiveEvent } from "@/lib/socket";
import { note } from "./fixtures";
import { copiesOf, nameOf, newGroup, newNote, type Note } from "./notes";
import { EditorDocument, type Operation } from "./store";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function opened(notes: Note[]) {
  const sent: Operation[][] = [];
  const lost = vi.fn();
  const document = new EditorDocument({
    slug: "w",
    me: "ann",
    nodes: [],
    edges: [],
    notes,
    onRefused: vi.fn(),
    onLost: lost,
    send: async (operations) => {
      sent.push(operations);
      return operations.map((one) => (one.note as Note | undefined) ?? null);
    },
  });
  return { document, sent, lost, notes: () => document.store.getState().notes };
}

const told = (notes: Note[]): LiveEvent =>
  ({ type: "workflow_updated", channel: "", seq: "", timestamp: "", data: { notes, actor: "ben" } }) as never;
const settled = () => vi.advanceTimersByTimeAsync(0);
const MINE = note("note-1", { text: "mine" });
const THEIRS = note("note-2", { text: "theirs" });

it("are sent as operations, and undone", async () => {
  const { document, sent, notes } = opened([]);
  document.edit("Add", [{ kind: "put_note", note: MINE }]);
  await settled();
  document.undo();
  await settled();
  expect(sent).toEqual([[{ op: "put_note", note: MINE }], [{ op: "delete_note", id: "note-1" }]]);
  expect(notes()).toEqual({});
});

it("of others appear and go, and ours that are unsent stay", async () => {
  const { document, notes } = opened([note("note-3")]);
  document.edit("Add", [{ kind: "put_note", note: MINE }]);
  document.heard(told([THEIRS]));
  expect(notes()).toEqual({ "note-1": MINE, "note-2": THEIRS });
  await settled();
  expect(notes()).toEqual({ "note-1": MINE, "note-2": THEIRS });
  document.heard(told([MINE]));
  expect(notes()).toEqual({ "note-1": MINE });
});

it("keep what others have written while they are moved, and stay deleted", async () => {
  const { document, sent, notes } = opened([MINE, THEIRS]);
  const written = { ...MINE, text: "theirs" };
  document.edit("Add", [{ kind: "put_note", note: note("note-9") }]); // what comes after it has to wait
  document.edit("Move", [
    { kind: "put_note", note: { ...MINE, x: 5 } },
    { kind: "put_note", note: { ...THEIRS, x: 5 } },
  ]);
  document.heard(told([written]));
  await settled();
  expect(sent[1]).toEqual([{ op: "put_note", note: { ...written, x: 5 }, old_text: "theirs" }]);
  expect(notes()).toEqual({ "note-1": { ...written, x: 5 }, "note-9": note("note-9") });
  document.undo();
  await settled();
  expect(notes()["note-1"]).toEqual(written);
});

it("written by two at a time are shown both, and what is chosen is sent", async () => {
  const { document, sent, notes } = opened([MINE, THEIRS]);
  document.edit("Add", [{ kind: "put_note", note: note("note-9") }]); // what comes after it has to wait
  document.edit("Write", [{ kind: "put_note", note: { ...MINE, x: 5, text: "mine, too" } }]);
  document.heard(told([{ ...MINE, text: "theirs" }, THEIRS]));
  const fields = [{ place: "node", name: "text", mine: "mine, too" }];
  expect(document.store.getState().conflicts).toEqual([{ node_id: "note-1", actor: "ben", fields }]);
  const moved = { ...MINE, x: 5, text: "theirs" };
  expect(notes()["note-1"]).toEqual(moved);
  await settled();
  expect(sent.at(-1)).toEqual([{ op: "put_note", note: moved, old_text: "theirs" }]);
  document.settle([{ place: "node", name: "text" }]);
  await settled();
  const kept = { ...MINE, x: 5, text: "mine, too" };
  expect(sent.at(-1)).toEqual([{ op: "put_note", note: kept, old_text: "theirs" }]);
  expect(notes()["note-1"]).toEqual(kept);
});

it("get ids of their own", () => {
  const taken = { "note-1": MINE };
  const made = [
    newNote({ x: 1.4, y: 2 }, taken),
    newGroup([], taken),
    ...copiesOf([MINE, MINE], { x: 1, y: 1 }, taken),
  ];
  const ids = made.map((one) => one.id);
  expect(new Set([...ids, "note-1"]).size).toBe(5);
  for (const id of ids) expect(id).toMatch(/^(note|group)-[a-z0-9]{1,32}$/);
});

it("frame what is grouped", () => {
  const boxes = [
    { id: "a", x: 100, y: 100, width: 50, height: 50 },
    { id: "b", x: 300, y: 200, width: 50, height: 50 },
  ];
  expect(newGroup(boxes, {})).toMatchObject({ kind: "group", x: 60, y: 28, width: 330, height: 262 });
});

it.each([
  [note("note-1"), "Note"],
  [note("note-1", { text: " Mind\nthe gap" }), "Note: Mind"],
  [note("group-1", { text: "Group" }), "Group"],
  [note("group-1", { text: "Sums" }), "Group: Sums"],
])("are named by their first line", (given, name) => {
  expect(nameOf(given)).toBe(name);
});

it("that others delete while they are written or changed are told, and can be brought back", async () => {
  const { document, lost, notes } = opened([MINE, THEIRS]);
  document.edit("Add", [{ kind: "put_note", note: note("note-9") }]); // what comes after it has to wait
  document.edit("Move", [{ kind: "put_note", note: { ...THEIRS, x: 5 } }]);
  const letGo = document.hold("note-1", () => "half a sen");
  document.heard(told([]));
  expect(lost.mock.calls.map(([name, actor]) => [name, actor])).toEqual([
    ["Note: theirs", "ben"],
    ["Note: mine", "ben"],
  ]);
  for (const [, , back] of lost.mock.calls) back();
  await settled();
  expect(notes()).toMatchObject({ "note-1": { text: "half a sen" }, "note-2": { x: 5, text: "theirs" } });
  letGo();
  document.heard(told([]));
  expect(lost).toHaveBeenCalledTimes(2);
});
