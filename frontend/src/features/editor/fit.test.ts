import { expect, it } from "vitest";
import { graph, node, TYPES } from "./fixtures";
import { sightOf } from "./fit";

const room = { width: 1000, height: 700 };
const seen = (of: ReturnType<typeof graph>) => sightOf(of, TYPES, room).nodes?.map(({ id }) => id);
const row = (count: number) =>
  graph(
    Array.from({ length: count }, (_, n) => ({
      ...node(`n${n}`, n === 1 ? "trigger_manual" : "set"),
      position_x: n === 0 ? 300 : n === 1 ? 0 : 280 * n,
      position_y: 100,
    })),
  );

it("shows all of a graph that can be read then", () => {
  expect(seen(row(5))).toBeUndefined();
});

it("begins a long one at its trigger", () => {
  const found = seen(row(50))!;
  expect(found).toEqual(expect.arrayContaining(["n0", "n1", "n2"]));
  expect(found.length).toBeLessThan(10);
});
