import { expect, it } from "vitest";
import { ancestors } from "./names";
import { graph, link, node } from "./fixtures";

it("finds what leads to a node, the nearest first, and nothing beside it", () => {
  const drawn = graph(
    ["t", "a", "b", "c", "side", "m"].map((id) => node(id)),
    [
      link("t", "a"),
      link("a", "b"),
      link("b", "c"),
      link("t", "side"),
      link("m", "c", "llm"),
      link("c", "a", "loop_return"),
    ],
  );
  expect(ancestors(drawn, "c")).toEqual(["b", "a", "t"]);
  expect(ancestors(drawn, "t")).toEqual([]);
});
