import { expect, it } from "vitest";
import { graph, link, node, note } from "./fixtures";
import { applyAll, linkKey } from "./graph";
import { aboutOf, changed, chosen, removal } from "./selection";

const EDGE = link("a", "b");
const GRAPH = graph([node("a"), node("b")], [EDGE], [note("note-1"), note("group-1")]);

it("tells what is chosen", () => {
  expect(aboutOf(GRAPH, [])).toBe("canvas");
  expect(aboutOf(GRAPH, ["gone"])).toBe("canvas");
  expect(aboutOf(GRAPH, ["a"])).toBe("node");
  expect(aboutOf(GRAPH, [linkKey(EDGE)])).toBe("edge");
  expect(aboutOf(GRAPH, ["group-1"])).toBe("note");
  expect(aboutOf(GRAPH, ["a", "note-1"])).toBe("selection");
});

it("deletes what is chosen, and a group without its nodes", () => {
  const { edits } = removal(chosen(GRAPH, ["group-1", linkKey(EDGE)]));
  expect(applyAll(GRAPH, edits).graph).toEqual({ ...GRAPH, edges: {}, notes: { "note-1": note("note-1") } });
});

it("follows changes of the selection", () => {
  expect(
    changed(
      ["a"],
      [
        { id: "a", selected: false },
        { id: "b", selected: true },
      ],
    ),
  ).toEqual(["b"]);
});
