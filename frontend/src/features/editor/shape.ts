/** How a node is drawn: its size, and where its handles lie. Pure; lengths are canvas units from its upper left corner.
 *
 * Nothing is measured: React Flow knows all nodes before they are drawn, and need not draw what is out of sight. */
import { Position, type NodeHandle } from "@xyflow/react";
import type { NodeType, WorkflowNode } from "@/api/types";
import type { Link } from "./graph";
import { handles, usedHandles, type Handle } from "./ports";

export const WIDTH = 208;
/** Of a node with one handle on each side. */
export const HEIGHT = 56;
const ROW = 22;
/** The width of a handle. */
const KNOB = 12;

/** A handle with the place of its centre. */
export interface Knob extends Handle {
  x: number;
  y: number;
}

export interface Shape {
  width: number;
  height: number;
  knobs: Knob[];
}

/** Of a node; of one whose type is unknown, by the edges that it has. */
export function shapeOf(node: WorkflowNode, type: NodeType | undefined, edges: Record<string, Link>): Shape {
  return shaped(type ? handles(type, node.config) : usedHandles(node.node_id, edges));
}

function shaped(all: Handle[]): Shape {
  const on = (side: Position, type = "") => all.filter((one) => one.position === side && one.type !== type);
  const rows = Math.max(on(Position.Left).length, on(Position.Right).length, 1);
  const height = HEIGHT + (rows - 1) * ROW;
  const below = on(Position.Bottom, "source");
  const placed = (one: Handle): Knob => {
    if (one.position === Position.Top) return { ...one, x: WIDTH / 2, y: 0 };
    if (one.position !== Position.Bottom) {
      const isLeft = one.position === Position.Left;
      const row = on(one.position).indexOf(one);
      return { ...one, x: isLeft ? 0 : WIDTH, y: HEIGHT / 2 + row * ROW };
    }
    // what it takes from below is spread, what leads away from there is at the end
    const share = one.type === "source" ? 0.94 : ((below.indexOf(one) + 0.5) / below.length) * 0.84;
    return { ...one, x: WIDTH * share, y: height };
  };
  return { width: WIDTH, height, knobs: all.map(placed) };
}

/** Whether nothing has to be drawn anew. */
export function isAlike(one: Shape, other: Shape): boolean {
  return (
    one.knobs.length === other.knobs.length &&
    one.knobs.every((knob, index) => {
      const { id, label, x, y } = other.knobs[index]!;
      return knob.id === id && knob.label === label && knob.x === x && knob.y === y;
    })
  );
}

/** As React Flow wants them: boxes. */
export function boxed({ knobs }: Shape): NodeHandle[] {
  return knobs.map(({ id, type, position, x, y }) => ({
    id,
    type,
    position,
    x: x - KNOB / 2,
    y: y - KNOB / 2,
    width: KNOB,
    height: KNOB,
  }));
}
