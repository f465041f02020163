import { expect, it, vi } from "vitest";
import type { WorkflowNode } from "@/api/types";
import type { Editor } from "./context";
import { node, TYPES } from "./fixtures";
import { createRuns } from "./runs";
import { EditorDocument } from "./store";
import { isPile, tidy } from "./tidy";

vi.mock("./layout", () => ({ layout: async () => ({ a: { x: 0, y: 0 }, b: { x: 300, y: 0 } }) }));

const at = (...places: [number, number][]) =>
  Object.fromEntries(places.map(([x, y], i) => [i, { position_x: x, position_y: y } as WorkflowNode]));

it("takes for a pile only several nodes of which none has a place", () => {
  expect(isPile(at([0, 0], [0, 0]))).toBe(true);
  expect(isPile(at([0, 0]))).toBe(false);
  expect(isPile(at([0, 0], [0, 0], [0, 20]))).toBe(false);
});

it("changes nothing of what is tidy", async () => {
  const send = vi.fn(async () => []);
  const nodes = [node("a", "set"), node("b", "set")];
  const document = new EditorDocument({ slug: "w", me: "ann", nodes, edges: [], onRefused: vi.fn(), send });
  const editor: Editor = { slug: "w", document, runs: createRuns(), types: TYPES };
  await tidy(editor, null, () => {});
  await tidy(editor, null, () => {});
  const { past } = document.store.getState();
  expect(past.map(({ redo }) => redo)).toEqual([
    [{ kind: "set_node", node_id: "b", patch: { position_x: 300, position_y: 0 } }],
  ]);
  expect(send).toHaveBeenCalledOnce();
});
