import { describe, expect, it } from "vitest";
import { carried, placed } from "./dragging";
import { graph, link, node, note } from "./fixtures";
import { clipOf, copied, pasted } from "./clip";
import { apply, applyAll, configValue, freeId, withConfigValue, type Edit } from "./graph";

const LINKS = [link("a", "b"), link("b", "c"), link("a", "c")];
const GRAPH = graph([node("a"), node("b"), node("c")], LINKS, [note("note-1"), note("group-1")]);

const EDITS: Edit[][] = [
  [{ kind: "add_node", node: node("d") }],
  [{ kind: "remove_node", node_id: "b" }],
  [{ kind: "set_node", node_id: "a", patch: { label: "A", config: { extra_config: { x: 1 } } } }],
  [{ kind: "rename_node", from: "b", to: "z" }],
  [{ kind: "add_edge", link: link("c", "b", "error") }],
  [{ kind: "remove_edge", link: link("a", "b") }],
  [{ kind: "put_note", note: note("note-2", { text: "new" }) }],
  [{ kind: "put_note", note: note("note-1", { text: "changed", color: "red" }) }],
  [{ kind: "remove_note", id: "group-1" }],
  [
    { kind: "remove_node", node_id: "a" },
    { kind: "rename_node", from: "b", to: "a" },
    { kind: "set_node", node_id: "a", patch: { label: "was b" } },
  ],
];

describe("edits", () => {
  it.each(EDITS)("have an inverse", (...edits) => {
    const done = applyAll(GRAPH, edits);
    expect(done.graph).not.toEqual(GRAPH);
    expect(applyAll(done.graph, done.inverse).graph).toEqual(GRAPH);
  });

  it("take a node's edges with it", () => {
    expect(Object.values(apply(GRAPH, { kind: "remove_node", node_id: "b" }).graph.edges)).toEqual([
      link("a", "c"),
    ]);
  });

  it("do nothing to what is gone", () => {
    const gone: Edit[] = [
      { kind: "remove_node", node_id: "x" },
      { kind: "set_node", node_id: "x", patch: {} },
      { kind: "rename_node", from: "a", to: "b" },
      { kind: "add_edge", link: link("a", "x") },
      { kind: "add_edge", link: link("a", "b") },
      { kind: "remove_edge", link: link("c", "a") },
      { kind: "remove_note", id: "note-9" },
    ];
    expect(applyAll(GRAPH, gone)).toEqual({ graph: GRAPH, inverse: [] });
  });
});

describe("the clipboard", () => {
  it("pastes under free ids, and expressions follow", () => {
    const nodes = [
      node("a"),
      node("b", "set", { values: { x: "{{ a.output }} a {{ other.a | default(a) }}" } }),
    ];
    const from = graph(nodes, [link("a", "b")]);
    const clip = clipOf(JSON.stringify(copied(from, ["a", "b"])))!;
    const { edits, ids } = pasted(from, clip, { x: 10, y: 20 });
    const { nodes: after, edges } = applyAll(from, edits).graph;
    expect(ids).toEqual(["a_2", "b_2"]);
    expect(after.b_2!.config.extra_config).toEqual({
      values: { x: "{{ a_2.output }} a {{ other.a | default(a_2) }}" },
    });
    expect([after.a_2!.position_x, after.a_2!.position_y]).toEqual([10, 20]);
    expect(Object.values(edges)).toContainEqual(link("a_2", "b_2"));
  });

  it("carries notes, under new ids and shifted", () => {
    const clip = clipOf(JSON.stringify(copied(GRAPH, ["a", "note-1"])))!;
    const { edits, ids } = pasted(GRAPH, clip, { x: 10, y: 20 });
    const { notes } = applyAll(GRAPH, edits).graph;
    expect(Object.keys(notes)).toHaveLength(3);
    expect(notes[ids[1]!]).toEqual({ ...note("note-1"), id: ids[1], x: 10, y: 20 });
  });

  it("takes clips from before there were notes", () => {
    const { notes: _none, ...clip } = copied(GRAPH, ["a"]);
    expect(pasted(GRAPH, clipOf(JSON.stringify(clip))!, { x: 0, y: 0 }).ids).toEqual(["a_2"]);
  });

  it("carries where a person is asked", () => {
    const from = graph([{ ...node("a"), interrupt_before: true }]);
    const { edits } = pasted(from, clipOf(JSON.stringify(copied(from, ["a"])))!, { x: 0, y: 0 });
    expect(applyAll(from, edits).graph.nodes.a_2).toMatchObject({
      interrupt_before: true,
      interrupt_after: false,
    });
  });

  it("copies only edges between what is copied", () => {
    expect(copied(GRAPH, ["a", "b"]).edges).toEqual([link("a", "b")]);
  });

  const DAMAGED = [
    '"nodes":[null],"edges":[]',
    '"nodes":[],"edges":[{}]',
    '"nodes":[{"node_id":1}],"edges":[]',
  ].map((members) => `{"pipelit":1,${members}}`);
  it.each(["", "hello", "[]", "{}", '{"pipelit": 2, "nodes": [], "edges": []}', "null", ...DAMAGED])(
    "takes no other text: %s",
    (text) => {
      expect(clipOf(text)).toBeNull();
    },
  );
});

describe("a moved group", () => {
  const box = (id: string, x: number, y: number, size = 10) => ({ id, x, y, width: size, height: size });
  const boxes = [box("group-1", 0, 0, 100), box("a", 20, 20), box("b", 95, 20), box("note-1", 50, 50)];

  it("takes along what lies wholly in it", () => {
    expect(carried(GRAPH, boxes, { "group-1": { x: 5, y: -5 } })).toEqual({
      "group-1": { x: 5, y: -5 },
      a: { x: 25, y: 15 },
      "note-1": { x: 55, y: 45 },
    });
  });

  it("moves what is moved itself only once, and a node alone moves alone", () => {
    const wanted = { "group-1": { x: 5, y: 0 }, a: { x: 1, y: 1 } };
    expect(carried(GRAPH, boxes, wanted).a).toEqual({ x: 1, y: 1 });
    expect(carried(GRAPH, boxes, { a: { x: 1, y: 1 } })).toEqual({ a: { x: 1, y: 1 } });
  });

  it("is one edit for each that is elsewhere then", () => {
    const places = {
      "group-1": { x: 5.4, y: 0 },
      a: { x: 0, y: 0 },
      b: { x: 1, y: 2 },
      gone: { x: 1, y: 1 },
    };
    expect(placed(GRAPH, places)).toEqual([
      { kind: "put_note", note: { ...note("group-1"), x: 5 } },
      { kind: "set_node", node_id: "b", patch: { position_x: 1, position_y: 2 } },
    ]);
  });
});

describe("ids and configs", () => {
  it("finds a free id", () => {
    expect(freeId("agent", {})).toBe("agent");
    expect(freeId("agent", { agent: 1, agent_2: 1 })).toBe("agent_3");
    expect(freeId("agent_2", { agent_2: 1 })).toBe("agent_3");
  });

  it("takes no word of the expressions as an id", () => {
    expect(freeId("set", {})).toBe("set_1");
    expect(freeId("filter", { filter_1: 1 })).toBe("filter_2");
  });

  it("puts values where the server has them", () => {
    const trigger = { is_active: true, extra_config: {}, trigger_config: {} };
    expect(withConfigValue(trigger, "command", { location: "trigger_config" }, "/x").trigger_config).toEqual({
      command: "/x",
    });
    expect(withConfigValue(trigger, "is_active", {}, false).is_active).toBe(false);
    expect(withConfigValue({ extra_config: { a: 1 } }, "b", {}, 2)).toEqual({ extra_config: { a: 1, b: 2 } });
    const model = withConfigValue({ llm_credential_id: null, extra_config: {} }, "temperature", {}, 1);
    expect(model.temperature).toBe(1);
    expect(configValue(model, "temperature", {})).toBe(1);
    expect(configValue({ extra_config: {} }, "mode", { default: "append" })).toBe("append");
  });
});
