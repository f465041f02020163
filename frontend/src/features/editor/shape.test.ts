import { describe, expect, it } from "vitest";
import { link, node, TYPES } from "./fixtures";
import { boxed, HEIGHT, shapeOf, WIDTH } from "./shape";

const of = (type: string, config = {}) =>
  shapeOf({ ...node("x", type), config: { extra_config: config } }, TYPES.get(type), {});
const knob = (shape: ReturnType<typeof of>, id: string) => shape.knobs.find((one) => one.id === id);

describe("the shape of a node", () => {
  it("has what comes in at the left and what leads out at the right, side by side", () => {
    const shape = of("set");
    expect(shape).toMatchObject({ width: WIDTH, height: HEIGHT });
    expect(knob(shape, "in")).toMatchObject({ x: 0, y: HEIGHT / 2 });
    expect(knob(shape, "out")).toMatchObject({ x: WIDTH, y: HEIGHT / 2 });
  });

  it("grows with the ways out of it", () => {
    const rules = [{ id: "a" }, { id: "b" }, { id: "c" }];
    const shape = of("switch", { rules });
    const ways = ["a", "b", "c"].map((id) => knob(shape, `case:${id}`)!.y);
    expect(new Set(ways.map((y, index) => y - (ways[index - 1] ?? y - 22)))).toEqual(new Set([22]));
    expect(shape.height).toBeGreaterThan(ways[2]!);
  });

  it("spreads what is attached along the bottom, beside the way out for failures", () => {
    const shape = of("agent");
    const below = shape.knobs.filter((one) => one.y === shape.height).map((one) => one.x);
    expect(new Set(below).size).toBe(below.length);
    expect(Math.max(...below)).toBe(knob(shape, "error")!.x);
  });

  it("of an unknown type has room for all of its edges", () => {
    const edges = { one: link("x", "y", "", "left"), two: link("x", "z", "", "right") };
    const shape = shapeOf({ ...node("x"), component_type: "never_heard_of" }, undefined, edges);
    expect(shape.knobs.map((one) => one.id)).toEqual(["case:left", "case:right"]);
    expect(shape.height).toBeGreaterThan(HEIGHT);
  });

  it("tells the canvas boxes around the centres", () => {
    const [first] = boxed(of("set"));
    expect(first).toMatchObject({
      id: "in",
      type: "target",
      x: -6,
      y: HEIGHT / 2 - 6,
      width: 12,
      height: 12,
    });
  });
});
