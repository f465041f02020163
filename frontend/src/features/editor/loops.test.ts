import { expect, it } from "vitest";
import { graph, link, node, TYPES } from "./fixtures";
import { lastIteration } from "./loops";
import { namesOf, variablesOf } from "./names";

const drawn = graph(
  [node("go", "trigger_manual"), node("each", "loop"), node("first"), node("second"), node("after")],
  [
    link("go", "each"),
    link("each", "first", "loop_body"),
    link("first", "second"),
    link("second", "each", "loop_return"),
    link("each", "after"),
  ],
);
const paths = (id: string) => variablesOf(drawn, TYPES, id).map(({ path }) => path);

it("names what a loop gives behind it, and the item within it", () => {
  expect(paths("after")).toContain("each.output");
  expect(paths("after")).not.toContain("loop.item");
  expect(paths("second")).toContain("loop.item");
  expect(paths("second")).not.toContain("each.output");
});

it("knows the item of the last iteration in the last run", () => {
  const runs = {
    first: { status: "success", count: 3, step_key: "each[2]/first", input: { input: { who: "Ada" } } },
    each: { status: "success", count: 1, output: { results: [1, 2, 3] } },
  };
  const loop = lastIteration(drawn, TYPES, "second", runs);
  expect(loop).toEqual({ item: { who: "Ada" }, index: 2, total: 3 });
  const names = namesOf(variablesOf(drawn, TYPES, "second"), { loop });
  expect(names).toContainEqual({ path: "loop.item.who", detail: '"Ada"' });
  expect(lastIteration(drawn, TYPES, "after", runs)).toEqual({});
  expect(lastIteration(drawn, TYPES, "second", {})).toEqual({});
});

it("names the run itself", () => {
  expect(paths("first")).toEqual(
    expect.arrayContaining(["execution.id", "execution.started_at", "execution.idempotency_key"]),
  );
});
