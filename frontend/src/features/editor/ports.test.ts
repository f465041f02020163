import { Position } from "@xyflow/react";
import { describe, expect, it } from "vitest";
import { graph, link, node, TYPES } from "./fixtures";
import {
  firstLink,
  fittingTypes,
  handles,
  handlesOf,
  linkBetween,
  outletName,
  refusal,
  usedHandles,
} from "./ports";

const LINKS = [
  link("a", "b"),
  link("a", "b", "", "yes"),
  link("a", "b", "llm"),
  link("a", "b", "tool"),
  link("a", "b", "loop_body"),
  link("a", "b", "loop_return"),
  link("a", "b", "error"),
];

describe("handles", () => {
  it.each(LINKS)("make the link that has them: $label $condition", (one) => {
    expect(linkBetween({ source: "a", target: "b", ...handlesOf(one) })).toEqual(one);
  });

  it("of a switch are its rules and the fallback", () => {
    const rules = [{ id: "big", label: "Large" }, { id: "small" }, { id: "" }];
    const config = { extra_config: { rules, enable_fallback: true } };
    expect(outlets("switch", config).map((one) => [one.id, one.label])).toEqual([
      ["case:big", "Large"],
      ["case:small", "small"],
      ["case:__other__", "otherwise"],
    ]);
  });

  it("of a loop are its items and its end; of an attachment none", () => {
    expect(outlets("loop").map((one) => one.id)).toEqual(["loop_body", "out"]);
    expect(outlets("ai_model")).toEqual([]);
  });

  it("of an agent take what is attached from below, those that are required marked", () => {
    const below = handles(TYPES.get("agent")!, {}).filter((one) => one.attachment);
    expect(below.map((one) => [one.id, one.type, one.label])).toContainEqual(["llm", "target", "Model*"]);
  });

  it("of an unknown type are those of its edges, each once", () => {
    const edges = graph([], [link("a", "x"), link("b", "x"), link("x", "c", "error")]).edges;
    expect(usedHandles("x", edges).map((one) => `${one.type} ${one.id}`)).toEqual([
      "target in",
      "source error",
    ]);
  });
});

function outlets(type: string, config = {}) {
  return handles(TYPES.get(type)!, config).filter((one) => one.position === Position.Right);
}

const GRAPH = graph(
  [
    node("start", "trigger_manual"),
    node("a"),
    node("b"),
    node("agent", "agent"),
    node("m", "ai_model"),
    node("m2", "ai_model"),
    node("calc", "calculator"),
    node("loop", "loop"),
    node("n", "numbers"),
    node("w", "words"),
  ],
  [link("start", "a"), link("a", "b"), link("m", "agent", "llm")],
);

it("names a conditional link as the output that it leaves", () => {
  const rules = [{ id: "rule_1", label: "yes" }, { id: "rule_2" }];
  const fork = graph([node("s", "switch", { rules, enable_fallback: true }), node("a")]);
  const names = ["rule_1", "rule_2", "__other__", "gone"].map((id) =>
    outletName(fork, TYPES, link("s", "a", "", id)),
  );
  expect(names).toEqual(["yes", "rule_2", "otherwise", "gone"]);
});

describe("what may be drawn", () => {
  it.each([
    link("start", "b"),
    link("b", "agent"),
    link("calc", "agent", "tool"),
    link("loop", "b", "loop_body"),
    link("b", "loop", "loop_return"),
    link("a", "n"),
    link("calc", "b"),
  ])("$source -> $target $label", (one) => {
    expect(refusal(GRAPH, TYPES, one)).toBeNull();
  });

  it.each([
    [link("a", "a"), "itself"],
    [link("a", "start"), "trigger"],
    [link("b", "a"), "cycle"],
    [link("m2", "agent", "llm"), "one already"],
    [link("calc", "agent", "llm"), "cannot be attached"],
    [link("m", "a", "llm"), "takes no llm"],
    [link("m", "a"), "diamond"],
    [link("a", "b", "loop_return"), "Only a loop"],
    [link("w", "n"), "needs NUMBER"],
    [link("a", "ghost"), "not known"],
  ])("%s is refused", (one, why) => {
    expect(refusal(GRAPH, TYPES, one)).toContain(why);
  });
});

describe("a loose end", () => {
  it("shows what fits", () => {
    const names = (handle: string, isSource: boolean, of = "agent") =>
      fittingTypes(GRAPH, TYPES, { node: of, handle, isSource }).map((one) => one.component_type);
    expect(names("tool", false)).toEqual(["calculator"]);
    expect(names("llm", false)).toEqual([]);
    expect(names("out", true, "a")).not.toContain("trigger_manual");
    expect(names("attach", true, "m2")).toEqual(["agent"]);
    expect(names("out", true, "w")).not.toContain("numbers");
  });

  it("gives the link to a new node", () => {
    const end = { node: "agent", handle: "tool", isSource: false };
    expect(firstLink(GRAPH, TYPES, end, TYPES.get("calculator")!, "new")).toEqual(
      link("new", "agent", "tool"),
    );
  });
});

it("attaches what is added beside an AI node, but lets an edge that was drawn lead on", () => {
  const drawn = graph([node("a", "agent")]);
  const end = { node: "a", handle: "out", isSource: true };
  const link = (type: string, isBeside: boolean) =>
    firstLink(drawn, TYPES, { ...end, isBeside }, TYPES.get(type)!, "new");
  expect(link("calculator", true)).toEqual({ source: "new", target: "a", label: "tool", condition: "" });
  expect(link("calculator", false)).toEqual({ source: "a", target: "new", label: "", condition: "" });
  expect(link("ai_model", true)).toMatchObject({ source: "new", label: "llm" });
  expect(link("ai_model", false)).toBeNull();
  expect(link("set", true)).toMatchObject({ source: "a", target: "new" });
});
