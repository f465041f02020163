import { expect, it } from "vitest";
import type { WorkflowNode } from "@/api/types";
import { isPile } from "./tidy";

const at = (...places: [number, number][]) =>
  Object.fromEntries(places.map(([x, y], i) => [i, { position_x: x, position_y: y } as WorkflowNode]));

it("takes for a pile only several nodes of which none has a place", () => {
  expect(isPile(at([0, 0], [0, 0]))).toBe(true);
  expect(isPile(at([0, 0]))).toBe(false);
  expect(isPile(at([0, 0], [0, 0], [0, 20]))).toBe(false);
});
