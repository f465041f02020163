import { expect, it } from "vitest";
import { beside, placeFor } from "./beside";
import { graph, link, node, TYPES } from "./fixtures";
import { shapeOf } from "./shape";

const at = (id: string, type: string, x: number, y: number, extra = {}) => ({
  ...node(id, type, extra),
  position_x: x,
  position_y: y,
});
const rules = [{ id: "yes" }, { id: "no" }];
const place = (of: ReturnType<typeof graph>, id: string, type = "set") =>
  placeFor(of, TYPES, beside(of, TYPES, id)!, TYPES.get(type)!);

it("goes on in one line, whatever the heights", () => {
  const chain = graph([at("a", "set", 0, 100)]);
  expect(place(chain, "a")).toEqual({ x: 280, y: 100 });
  expect(place(chain, "a", "loop")).toEqual({ x: 280, y: 100 });
});

it("leads on from the first free output, else from the first", () => {
  const nodes = [at("s", "switch", 0, 0, { rules }), at("a", "set", 280, 0), at("b", "set", 280, 80)];
  const end = (...links: ReturnType<typeof link>[]) => beside(graph(nodes, links), TYPES, "s")?.end.handle;
  expect(end()).toBe("case:yes");
  expect(end(link("s", "a", "", "yes"))).toBe("case:no");
  expect(end(link("s", "a", "", "yes"), link("s", "b", "", "no"))).toBe("case:yes");
  const loop = graph([at("l", "loop", 0, 0), nodes[1]!], [link("l", "a", "loop_body")]);
  expect(beside(loop, TYPES, "l")?.end.handle).toBe("out");
  expect(beside(graph([at("m", "ai_model", 0, 0)]), TYPES, "m")).toBeNull();
});

it("is level with the output that it follows, and clear of others", () => {
  const fork = at("s", "switch", 0, 0, { rules });
  const alone = graph([fork, at("a", "set", 0, 400)], [link("s", "a", "", "yes")]);
  expect(place(alone, "s")).toEqual({ x: 280, y: 22 });
  const taken = graph([fork, at("a", "set", 280, 0)], [link("s", "a", "", "yes")]);
  expect(place(taken, "s")).toEqual({ x: 280, y: 80 });
});

it("hangs what is attached below its host", () => {
  const host = graph([at("agent", "agent", 0, 0)]);
  const { height } = shapeOf(host.nodes.agent!, TYPES.get("agent"), {});
  expect(place(host, "agent", "calculator").y).toBeGreaterThan(height + 24);
});
