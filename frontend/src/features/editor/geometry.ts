/** Boxes on the canvas: aligning, distributing, snapping, containing. Pure; lengths are canvas units. */
import type { Places } from "./layout";

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Edge = "left" | "centre" | "right" | "top" | "middle" | "bottom";
export type Axis = "x" | "y";

/** A thin line that shows what a dragged box is in line with: at `at` across `axis`, from `from` to `to`. */
export interface Guide {
  axis: Axis;
  at: number;
  from: number;
  to: number;
}

const SIZE = { x: "width", y: "height" } as const;
/** How far from the dragged boxes others still attract them. */
const NEAR = 900;
/** How far a new box stays from others. */
const CLEARANCE = 24;

/** The smallest box around all; of none, an empty one. */
export function bounds(boxes: Box[]): Box {
  if (!boxes.length) return { id: "", x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { id: "", x, y, width: right - x, height: bottom - y };
}

/** Where boxes go so that one side (or the middle) of each lies on that of them all; only those that move. */
export function aligned(boxes: Box[], edge: Edge): Places {
  const axis: Axis = edge === "left" || edge === "centre" || edge === "right" ? "x" : "y";
  const part = { left: 0, top: 0, centre: 0.5, middle: 0.5, right: 1, bottom: 1 }[edge];
  const all = bounds(boxes);
  const line = all[axis] + all[SIZE[axis]] * part;
  return moves(boxes, axis, (box) => line - box[SIZE[axis]] * part);
}

/** Where boxes go so that the gaps between them along an axis are equal; the outermost stay. */
export function distributed(boxes: Box[], axis: Axis): Places {
  const size = SIZE[axis];
  const order = boxes.toSorted((a, b) => a[axis] + a[size] / 2 - (b[axis] + b[size] / 2));
  const [first, last] = [order[0], order.at(-1)];
  if (!first || !last || order.length < 3) return {};
  const room = last[axis] + last[size] - first[axis] - order.reduce((sum, box) => sum + box[size], 0);
  const gap = room / (order.length - 1);
  const places = new Map<string, number>();
  let next = first[axis];
  for (const box of order) {
    places.set(box.id, next);
    next += box[size] + gap;
  }
  return moves(boxes, axis, (box) => places.get(box.id)!);
}

function moves(boxes: Box[], axis: Axis, to: (box: Box) => number): Places {
  const found: Places = {};
  for (const box of boxes) {
    const place = { x: box.x, y: box.y, [axis]: Math.round(to(box)) };
    if (place.x !== box.x || place.y !== box.y) found[box.id] = place;
  }
  return found;
}

/** How far to shift a dragged box so that it lies in line with near ones, if one is within `reach`, and the guides. */
export function snap(moving: Box, others: Box[], reach: number): { dx: number; dy: number; guides: Guide[] } {
  const near = others.filter((other) => apart(moving, other) < NEAR);
  const [dx, dy] = [shift(moving, near, "x", reach), shift(moving, near, "y", reach)];
  const there = { ...moving, x: moving.x + (dx ?? 0), y: moving.y + (dy ?? 0) };
  const guides = [
    ...(dx === null ? [] : guidesOf(there, near, "x")),
    ...(dy === null ? [] : guidesOf(there, near, "y")),
  ];
  return { dx: dx ?? 0, dy: dy ?? 0, guides };
}

function apart(a: Box, b: Box): number {
  const dx = Math.max(0, b.x - a.x - a.width, a.x - b.x - b.width);
  const dy = Math.max(0, b.y - a.y - a.height, a.y - b.y - b.height);
  return Math.max(dx, dy);
}

/** A box, moved down as far as it takes to keep a distance from all others. */
export function cleared<T extends Box>(box: T, others: Box[]): T {
  const inTheWay = others.find((other) => other.id !== box.id && apart(box, other) < CLEARANCE);
  return inTheWay ? cleared({ ...box, y: inTheWay.y + inTheWay.height + CLEARANCE }, others) : box;
}

/** Where a box has its sides and its centre along an axis. */
function marks(box: Box, axis: Axis): number[] {
  const [start, size] = [box[axis], box[SIZE[axis]]];
  return [start, start + size / 2, start + size];
}

function shift(moving: Box, others: Box[], axis: Axis, reach: number): number | null {
  let best: number | null = null;
  for (const mine of marks(moving, axis))
    for (const other of others)
      for (const theirs of marks(other, axis)) {
        const distance = theirs - mine;
        if (Math.abs(distance) <= reach && (best === null || Math.abs(distance) < Math.abs(best)))
          best = distance;
      }
  return best;
}

function guidesOf(moving: Box, others: Box[], axis: Axis): Guide[] {
  const along: Axis = axis === "x" ? "y" : "x";
  return marks(moving, axis).flatMap((at) => {
    const inLine = others.filter((other) => marks(other, axis).some((mark) => Math.abs(mark - at) < 0.01));
    if (!inLine.length) return [];
    const all = bounds([moving, ...inLine]);
    return [{ axis, at, from: all[along], to: all[along] + all[SIZE[along]] }];
  });
}

/** Whether a box lies wholly in another. */
export function within(inner: Box, outer: Box): boolean {
  return (
    inner.id !== outer.id &&
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}
