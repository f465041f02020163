import { expect, it } from "vitest";
import { matching } from "./finding";
import { graph, link, node, note, TYPES } from "./fixtures";

const GRAPH = graph(
  [
    node("second", "set", { values: { greeting: "Hello World" } }),
    { ...node("first", "agent"), label: "Writer" },
  ],
  [link("first", "second")],
  [note("note-1", { text: "say hello\nto all" })],
);

it.each([
  ["", []],
  ["  ", []],
  ["second", ["second"]],
  ["WRITER", ["first"]],
  ["agent", ["first"]],
  ["hello", ["second", "note-1"]],
  ["world hello", ["second"]],
  ["greeting", []],
  ["e", ["first", "second", "note-1"]],
  ["r", ["first", "second"]],
])("finds %j in the order of the flow", (text, ids) => {
  expect(matching(GRAPH, TYPES, text)).toEqual(ids);
});
