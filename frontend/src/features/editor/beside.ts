/** What follows a node: from which of its handles, and where it goes. Pure; lengths are canvas units. */
import { Position } from "@xyflow/react";
import type { NodeType } from "@/api/types";
import { boxesOf } from "./dragging";
import { cleared } from "./geometry";
import { newNode, type Graph } from "./graph";
import type { Point } from "./adding";
import { attaches, firstLink, handlesOf, IN, type LooseEnd } from "./ports";
import { HEIGHT, shapeOf, WIDTH } from "./shape";

type Types = Map<string, NodeType>;
export interface Beside {
  at: Point;
  end?: LooseEnd;
}

const GAP = 72;
const BELOW = 84;

/** Where a node leads on: at its first free output, else at the first; null if nothing leads out of it. */
export function beside(graph: Graph, types: Types, id: string): Required<Beside> | null {
  const node = graph.nodes[id];
  const type = node && types.get(node.component_type);
  if (!type) return null;
  const used = Object.values(graph.edges).flatMap((link) =>
    link.source === id ? [handlesOf(link).sourceHandle] : [],
  );
  const outlets = shapeOf(node, type, {}).knobs.filter(
    (one) => one.type === "source" && one.position === Position.Right,
  );
  const outlet = outlets.find((one) => !used.includes(one.id)) ?? outlets[0];
  if (!outlet) return null;
  return {
    at: { x: node.position_x + outlet.x + GAP, y: node.position_y + outlet.y },
    end: { node: id, handle: outlet.id, isSource: true, isBeside: true },
  };
}

/** The upper left corner of a new node: its edge is level with where it comes from, or hangs; it is clear of others. */
export function placeFor(graph: Graph, types: Types, { at, end }: Beside, type: NodeType): Point {
  const link = end && firstLink(graph, types, end, type);
  const host = link && attaches(link) && end.isBeside ? graph.nodes[link.target] : undefined;
  if (!host) return clear(graph, types, type, { x: at.x + shift(end), y: at.y - HEIGHT / 2 });
  const { knobs } = shapeOf(host, types.get(host.component_type), {});
  const knob = knobs.find((one) => one.id === link!.label)!;
  const under = { x: host.position_x + knob.x - WIDTH / 2, y: host.position_y + knob.y + BELOW };
  return clear(graph, types, type, under);
}

function shift(end: LooseEnd | undefined): number {
  if (end?.isSource) return 0;
  return end?.handle === IN ? -WIDTH : -WIDTH / 2;
}

/** The place, or the next one below it that is free. */
export function clear(graph: Graph, types: Types, type: NodeType, place: Point): Point {
  const { width, height } = shapeOf(newNode(type, place, {}), type, {});
  const { x, y } = cleared({ id: "", width, height, ...place }, boxesOf({ ...graph, notes: {} }, types));
  return { x, y };
}
