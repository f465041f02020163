import { describe, expect, it } from "vitest";
import { graph, link, node } from "./fixtures";
import {
  apply,
  applyAll,
  clipOf,
  configValue,
  copied,
  freeId,
  pasted,
  withConfigValue,
  type Edit,
} from "./graph";

const GRAPH = graph([node("a"), node("b"), node("c")], [link("a", "b"), link("b", "c"), link("a", "c")]);

const EDITS: Edit[][] = [
  [{ kind: "add_node", node: node("d") }],
  [{ kind: "remove_node", node_id: "b" }],
  [{ kind: "set_node", node_id: "a", patch: { label: "A", config: { extra_config: { x: 1 } } } }],
  [{ kind: "rename_node", from: "b", to: "z" }],
  [{ kind: "add_edge", link: link("c", "b", "error") }],
  [{ kind: "remove_edge", link: link("a", "b") }],
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

  it("copies only edges between what is copied", () => {
    expect(copied(GRAPH, ["a", "b"]).edges).toEqual([link("a", "b")]);
  });

  it.each(["", "hello", "[]", "{}", '{"pipelit": 2, "nodes": [], "edges": []}', "null"])(
    "takes no other text: %s",
    (text) => {
      expect(clipOf(text)).toBeNull();
    },
  );
});

describe("ids and configs", () => {
  it("finds a free id", () => {
    expect(freeId("set", {})).toBe("set");
    expect(freeId("set", { set: 1, set_2: 1 })).toBe("set_3");
    expect(freeId("set_2", { set_2: 1 })).toBe("set_3");
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
