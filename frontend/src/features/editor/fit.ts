/** What is shown of a graph: at first, and when all of it is asked for. */
import { useReactFlow, type FitViewOptions } from "@xyflow/react";
import { useCallback } from "react";
import type { NodeType } from "@/api/types";
import { motion } from "@/lib/motion";
import { boxesOf } from "./dragging";
import { bounds, type Box } from "./geometry";
import type { Graph } from "./graph";

type Types = Map<string, NodeType>;
type Room = Pick<Box, "width" | "height">;

/** From farther away nothing could be read. */
const FARTHEST = 0.4;
const PADDING = 0.2;

/** All of a graph; of one that is too large to be read then, what lies around its trigger and to the right of it. */
export function sightOf(graph: Graph, types: Types, room: Room): FitViewOptions {
  const how = { padding: PADDING, minZoom: FARTHEST, maxZoom: 1 };
  const boxes = boxesOf(graph, types);
  const all = bounds(boxes);
  const width = room.width / FARTHEST / (1 + PADDING);
  const height = room.height / FARTHEST / (1 + PADDING);
  if (all.width <= width && all.height <= height) return how;
  const start =
    boxes.find(({ id }) => types.get(graph.nodes[id]?.component_type ?? "")?.is_trigger) ?? boxes[0]!;
  const isNear = (one: Box) =>
    one.x >= start.x &&
    one.x + one.width <= start.x + width &&
    Math.abs(one.y - start.y) + one.height <= height / 2;
  const nodes = boxes.filter((one) => one === start || isNear(one)).map(({ id }) => ({ id }));
  return { ...how, nodes };
}

/** Show everything, however small it is then. */
export function useFit(): () => void {
  const flow = useReactFlow();
  return useCallback(
    () =>
      requestAnimationFrame(() => {
        void flow.fitView({ padding: PADDING, maxZoom: 1, duration: motion(300) });
      }),
    [flow],
  );
}
