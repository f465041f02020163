import { useReactFlow } from "@xyflow/react";
import { useCallback } from "react";
import { motion } from "@/lib/motion";
import type { Point } from "./adding";
import { HEIGHT, WIDTH } from "./shape";

/** How near to the border of the canvas, in pixels, a node may come. */
const MARGIN = 24;

/** How far what lies from `start` to `end` has to move to lie within `from` and `to`; its beginning matters more. */
function missing(start: number, end: number, from: number, to: number): number {
  return Math.max(from + MARGIN - start, Math.min(0, to - MARGIN - end));
}

/** Brings a node at a place of the canvas into view, once its panel stands beside it, and no further than it takes. */
export function useReveal(): (at: Point) => void {
  const flow = useReactFlow();
  return useCallback(
    ({ x, y }) => {
      setTimeout(() => {
        const box = window.document.querySelector(".react-flow")?.getBoundingClientRect();
        if (!box) return;
        const start = flow.flowToScreenPosition({ x, y });
        const end = flow.flowToScreenPosition({ x: x + WIDTH, y: y + HEIGHT });
        const [dx, dy] = [
          missing(start.x, end.x, box.left, box.right),
          missing(start.y, end.y, box.top, box.bottom),
        ];
        const seen = flow.getViewport();
        if (dx || dy)
          void flow.setViewport({ ...seen, x: seen.x + dx, y: seen.y + dy }, { duration: motion() });
      }, 50);
    },
    [flow],
  );
}
