/** The way of an edge that leads back: below what lies between its ends, not behind it. Pure; in canvas units. */
import type { Point } from "./adding";
import { cleared, type Box } from "./geometry";
import { HEIGHT } from "./shape";

const TURN = 8;
const ASIDE = 24;
/** A little more than boxes keep from one another. */
const BELOW = 25;

/** An SVG path from an output to the bottom of a node, and the middle of it. */
export function backPath(from: Point, to: Point, boxes: Box[]): [path: string, x: number, y: number] {
  const right = from.x + ASIDE;
  const x = Math.min(to.x, right);
  const lowest = Math.max(from.y + HEIGHT / 2, to.y) + BELOW;
  const line = { id: "", x, y: lowest, width: Math.abs(right - to.x), height: 0 };
  const { y } = cleared(line, boxes);
  const [near, far] = to.x < right ? [to.x + TURN, right - TURN] : [to.x - TURN, right + TURN];
  const path = [
    `M ${from.x} ${from.y} L ${right - TURN} ${from.y} Q ${right} ${from.y} ${right} ${from.y + TURN}`,
    `L ${right} ${y - TURN} Q ${right} ${y} ${far} ${y}`,
    `L ${near} ${y} Q ${to.x} ${y} ${to.x} ${y - TURN} L ${to.x} ${to.y}`,
  ];
  return [path.join(" "), (right + to.x) / 2, y];
}
