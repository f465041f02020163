import { describe, expect, it } from "vitest";
import { connectable, cutOff, inserted, joined, putOn } from "./connections";
import { applyAll } from "./graph";
import { graph, link, node, TYPES } from "./fixtures";

const GRAPH = graph(
  [
    node("start", "trigger_manual"),
    node("a"),
    node("b"),
    node("agent", "agent"),
    node("model", "ai_model"),
    node("calc", "calculator"),
  ],
  [link("start", "a"), link("a", "b")],
);
const out = (name: string) => ({ node: name, handle: "out", isSource: true });

describe("an end over a node", () => {
  it("finds the handle that fits", () => {
    expect(joined(GRAPH, TYPES, out("b"), "agent").link).toEqual(link("b", "agent"));
    const attach = { node: "model", handle: "attach", isSource: true };
    expect(joined(GRAPH, TYPES, attach, "agent").link).toEqual(link("model", "agent", "llm"));
    const tool = { node: "agent", handle: "tool", isSource: false };
    expect(joined(GRAPH, TYPES, tool, "calc").link).toEqual(link("calc", "agent", "tool"));
  });
  it.each([
    [out("b"), "start", "Nothing leads to a trigger"],
    [out("b"), "a", "cycle"],
    [out("a"), "b", "connected so already"],
    [out("a"), "a", "itself"],
    [out("a"), "model", "no step"],
    [{ node: "agent", handle: "llm", isSource: false }, "calc", "cannot be attached"],
    [{ node: "agent", handle: "llm", isSource: false }, "a", "cannot be attached"],
    [{ node: "model", handle: "attach", isSource: true }, "a", "takes no"],
  ])("says why not: %o to %s", (end, other, why) => {
    const found = joined(GRAPH, TYPES, end, other);
    expect(found.link).toBeUndefined();
    expect(found.why).toContain(why);
  });
});

describe("what can be connected", () => {
  it("is every edge that may be drawn, each way, and no other", () => {
    expect(connectable(GRAPH, TYPES, "calc")).toContainEqual(link("calc", "agent", "tool"));
    const ofB = connectable(GRAPH, TYPES, "b");
    expect(ofB).toContainEqual(link("b", "agent"));
    expect(ofB).toContainEqual(link("start", "b"));
    expect(ofB).not.toContainEqual(link("a", "b"));
    expect(ofB.some((one) => one.target === "a" || one.target === "start")).toBe(false);
    expect(connectable(GRAPH, TYPES, "model")).toEqual([link("model", "agent", "llm")]);
  });
});

describe("a node put on an edge", () => {
  it("stands between its ends", () => {
    const made = node("new");
    const edits = inserted(GRAPH, TYPES, link("a", "b"), made);
    const { edges } = applyAll(GRAPH, [{ kind: "add_node", node: made }, ...edits]).graph;
    expect(Object.values(edges)).toEqual([link("start", "a"), link("a", "new"), link("new", "b")]);
  });
  it("does nothing where it does not fit", () => {
    expect(inserted(GRAPH, TYPES, link("a", "b"), node("m", "ai_model"))).toEqual([]);
    expect(inserted(GRAPH, TYPES, undefined, node("m"))).toEqual([]);
  });
});

describe("a node let go on an edge", () => {
  const alone = { ...GRAPH, nodes: { ...GRAPH.nodes, alone: node("alone") } };
  it("is put into it if it stands alone", () => {
    expect(putOn(alone, TYPES, link("a", "b"), "alone")).toHaveLength(3);
    expect(putOn(alone, TYPES, link("start", "a"), "b")).toEqual([]);
    expect(putOn(alone, TYPES, link("a", "b"), "gone")).toEqual([]);
  });
});

describe("what a new config cuts off", () => {
  const rules = (...ids: string[]) => ({ extra_config: { rules: ids.map((id) => ({ id })) } });
  const forked = graph(
    [{ ...node("fork", "switch"), config: rules("x", "y") }, node("a"), node("b")],
    [link("fork", "a", "", "x"), link("fork", "b", "", "y"), link("fork", "b", "error")],
  );
  it("is the edges of rules that are no more", () => {
    const lost = cutOff(forked, TYPES, "fork", rules("y"));
    expect(lost).toEqual([{ kind: "remove_edge", link: link("fork", "a", "", "x") }]);
    expect(applyAll(forked, lost).inverse).toEqual([{ kind: "add_edge", link: link("fork", "a", "", "x") }]);
  });
  it("is nothing while the rules stay, and of an unknown type", () => {
    expect(cutOff(forked, TYPES, "fork", rules("x", "y", "z"))).toEqual([]);
    expect(cutOff(forked, new Map(), "fork", rules())).toEqual([]);
  });
});
