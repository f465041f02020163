import { describe, expect, it } from "vitest";
import { aligned, bounds, cleared, distributed, snap, within, type Box } from "./geometry";

const box = (id: string, x: number, y: number, width = 100, height = 50): Box => ({
  id,
  x,
  y,
  width,
  height,
});

describe("aligning", () => {
  const boxes = [box("a", 0, 0), box("b", 40, 100, 200, 50), box("c", 300, 200)];
  it.each([
    ["left", { b: 0, c: 0 }],
    ["right", { a: 300, b: 200 }],
    ["centre", { a: 150, b: 100, c: 150 }],
  ] as const)("%s moves only along x, and only what is not there", (edge, xs) => {
    const places = aligned(boxes, edge);
    expect(Object.fromEntries(Object.entries(places).map(([id, { x }]) => [id, x]))).toEqual(xs);
    for (const [id, { y }] of Object.entries(places)) expect(y).toBe(boxes.find((one) => one.id === id)!.y);
  });
  it.each([
    ["top", { b: 0, c: 0 }],
    ["bottom", { a: 200, b: 200 }],
    ["middle", { a: 100, c: 100 }],
  ] as const)("%s moves only along y", (edge, ys) => {
    const places = aligned(boxes, edge);
    expect(Object.fromEntries(Object.entries(places).map(([id, { y }]) => [id, y]))).toEqual(ys);
  });
  it("does nothing for none", () => {
    expect(aligned([], "left")).toEqual({});
  });
});

describe("distributing", () => {
  it("makes the gaps equal and leaves the outermost", () => {
    const boxes = [box("c", 500, 0), box("a", 0, 0), box("b", 110, 0, 200)];
    expect(distributed(boxes, "x")).toEqual({ b: { x: 200, y: 0 } });
  });
  it("needs three", () => {
    expect(distributed([box("a", 0, 0), box("b", 9, 9)], "y")).toEqual({});
  });
  it("overlaps evenly where there is no room", () => {
    const boxes = [box("a", 0, 0), box("b", 10, 0), box("c", 80, 0)];
    expect(distributed(boxes, "x")).toEqual({ b: { x: 40, y: 0 } });
  });
});

describe("snapping", () => {
  const other = box("o", 200, 300);
  it("pulls an edge into line, with a guide along both boxes", () => {
    expect(snap(box("m", 203, 0), [other], 6)).toEqual({
      dx: -3,
      dy: 0,
      guides: [
        { axis: "x", at: 200, from: 0, to: 350 },
        { axis: "x", at: 250, from: 0, to: 350 },
        { axis: "x", at: 300, from: 0, to: 350 },
      ],
    });
  });
  it("takes the nearest of several lines", () => {
    expect(snap(box("m", 204, 0), [other, box("p", 206, 120)], 6).dx).toBe(2);
  });
  it("lines up centres of boxes of different sizes", () => {
    const { dx, guides } = snap(box("m", 224, 0, 50), [other], 6);
    expect(dx).toBe(1);
    expect(guides).toEqual([{ axis: "x", at: 250, from: 0, to: 350 }]);
  });
  it("leaves what is out of reach, or far away", () => {
    expect(snap(box("m", 210, 0, 30), [other], 6)).toEqual({ dx: 0, dy: 0, guides: [] });
    expect(snap(box("m", 203, -5000), [other], 6)).toEqual({ dx: 0, dy: 0, guides: [] });
  });
});

describe("finding room", () => {
  it("stays where nothing is", () => {
    expect(cleared(box("", 0, 0), [box("a", 200, 0)])).toMatchObject({ x: 0, y: 0 });
  });
  it("goes below all that is in the way", () => {
    const others = [box("b", 20, 80), box("a", 50, 10), box("c", 0, 500)];
    expect(cleared(box("", 0, 0), others)).toMatchObject({ x: 0, y: 154 });
  });
});

describe("containing", () => {
  it("is wholly, and never of itself", () => {
    const outer = box("g", 0, 0, 300, 300);
    expect(within(box("a", 0, 250), outer)).toBe(true);
    expect(within(box("a", 201, 0), outer)).toBe(false);
    expect(within(outer, outer)).toBe(false);
  });
  it("bounds all", () => {
    expect(bounds([box("a", 10, 20), box("b", -5, 40)])).toMatchObject({
      x: -5,
      y: 20,
      width: 115,
      height: 70,
    });
    expect(bounds([])).toMatchObject({ width: 0, height: 0 });
  });
});
