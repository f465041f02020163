import { expect, it } from "vitest";
import { ancestors, variablesOf } from "./names";
import { graph, link, node, TYPES } from "./fixtures";

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

it("names the addresses of the nodes that wait for a call", () => {
  const wait = { ...node("w"), config: { callback: true } };
  const drawn = graph([node("t", "trigger_manual"), node("a"), wait], [link("t", "a"), link("a", "w")]);
  const paths = (id: string) => variablesOf(drawn, TYPES, id).map(({ path }) => path);
  expect(paths("a")).toContain("execution.callback_urls.w");
  expect(paths("w")).not.toContain("execution.callback_urls.w");
});
