import { t } from "@lingui/core/macro";
import { useReactFlow } from "@xyflow/react";
import { useCallback, useState } from "react";
import type { NodeType } from "@/api/types";
import { cn } from "@/lib/cn";
import { motion } from "@/lib/motion";
import { inserted } from "./connections";
import { useDocument, useEditor } from "./context";
import { boxesOf } from "./dragging";
import { cleared } from "./geometry";
import { newNode, type Edit, type Link } from "./graph";
import { Palette } from "./palette";
import { firstLink, fittingTypes, IN, type LooseEnd } from "./ports";
import { HEIGHT, WIDTH } from "./shape";

export interface Point {
  x: number;
  y: number;
}

/** Where a node is to be added, and what it is joined with: the end of an edge, or both ends of one. */
export interface Adding {
  at: Point;
  screen?: Point;
  end?: LooseEnd;
  between?: Link;
}

/** How near to the border of the canvas, in pixels, a new node may come. */
const MARGIN = 24;

/** How far what lies from `start` to `end` has to move to lie within `from` and `to`; its beginning matters more. */
function missing(start: number, end: number, from: number, to: number): number {
  return Math.max(from + MARGIN - start, Math.min(0, to - MARGIN - end));
}

/** The palette's state, and what choosing from it does. */
export function useAdding(onAdded: (id: string) => void) {
  const { document, types } = useEditor();
  const flow = useReactFlow();
  const [adding, setAdding] = useState<Adding | null>(null);
  const center = useCallback(() => {
    const box = window.document.querySelector(".react-flow")?.getBoundingClientRect();
    const middle = box ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : { x: 400, y: 300 };
    return flow.screenToFlowPosition(middle);
  }, [flow]);
  /** Bring a new node into view, once its panel stands beside the canvas, and no further than it takes. */
  const reveal = ({ x, y }: Point) =>
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
  /** Beside a node, and connected to it, if something leads out of it; else in the middle. */
  const beside = (id: string | null, at?: Point) => {
    const node = document.store.getState().nodes[id ?? ""];
    const type = node && types.get(node.component_type);
    if (node && type?.executable && !type.forks)
      setAdding({
        at: { x: node.position_x + 280, y: node.position_y },
        end: { node: node.node_id, handle: "out", isSource: true, isBeside: true },
      });
    else setAdding({ at: at ?? center(), screen: at && flow.flowToScreenPosition(at) });
  };
  const into = (between: Link, at?: Point) => {
    const { nodes } = document.store.getState();
    const [a, b] = [nodes[between.source]!, nodes[between.target]!];
    const middle = {
      x: (a.position_x + b.position_x + WIDTH) / 2,
      y: (a.position_y + b.position_y + HEIGHT) / 2,
    };
    const place = at ?? middle;
    setAdding({ at: place, screen: flow.flowToScreenPosition(place), between });
  };
  const add = (type: NodeType, place: Point, { end, between }: Pick<Adding, "end" | "between">) => {
    const state = document.store.getState();
    const node = newNode(type, place, state.nodes);
    const link = end && firstLink(state, types, end, type, node.node_id);
    const edits: Edit[] = [{ kind: "add_node", node }, ...inserted(state, types, between, node)];
    if (link) edits.push({ kind: "add_edge", link });
    document.edit(t`Add ${type.label}`, edits);
    setAdding(null);
    onAdded(node.node_id);
    reveal({ x: node.position_x, y: node.position_y });
  };
  const clearOf = (place: Point) => {
    const others = boxesOf({ ...document.store.getState(), notes: {} }, types);
    return cleared({ id: "", width: WIDTH, height: HEIGHT, ...place }, others);
  };
  const pick = (type: NodeType) => {
    if (!adding) return;
    const { end } = adding;
    const attached = end && !end.isSource && end.handle !== IN;
    const offset = end?.isSource ? 0 : end && !attached ? -WIDTH : -WIDTH / 2;
    add(type, clearOf({ x: adding.at.x + offset, y: adding.at.y - HEIGHT / 2 }), adding);
  };
  /** Dragged from the palette to a place, or onto an edge that it is to be put into. */
  const drop = (type: NodeType, at: Point, edge: Link | undefined) => {
    const place = { x: at.x - WIDTH / 2, y: at.y - HEIGHT / 2 };
    if (edge) add(type, clearOf(place), { between: edge });
    else add(type, place, adding ?? {});
  };
  return { adding, setAdding, beside, into, pick, drop, center, close: () => setAdding(null) };
}

interface Props {
  adding: Adding;
  onPick: (type: NodeType) => void;
  onClose: () => void;
}

/** The palette with what fits into the place where it was opened. */
export function AddPalette({ adding, onPick, onClose }: Props) {
  const { document, types } = useEditor();
  const empty = useDocument((state) => Object.keys(state.nodes).length === 0);
  const [dragging, setDragging] = useState(false);
  const { end, between } = adding;
  const state = document.store.getState();
  const fitting = end
    ? fittingTypes(state, types, end)
    : [...types.values()].filter(
        (type) =>
          !between || inserted(state, types, between, newNode(type, { x: 0, y: 0 }, state.nodes)).length > 0,
      );
  const note = end || between ? t`Those that can be connected here.` : undefined;
  return (
    <>
      {!dragging && <div className="absolute inset-0 z-10" onPointerDown={onClose} />}
      <div
        className={cn("absolute z-20 transition-opacity", dragging && "pointer-events-none opacity-30")}
        style={placeOf(adding)}
        // after the browser has made its picture of what is dragged
        onDragStart={() => setTimeout(() => setDragging(true))}
        onDragEnd={() => setDragging(false)}
      >
        <Palette
          types={empty ? fitting.filter((type) => type.is_trigger) : fitting}
          note={note ?? (empty ? t`A workflow begins with a trigger.` : undefined)}
          onPick={onPick}
          onClose={onClose}
        />
      </div>
    </>
  );
}

function placeOf({ screen }: Adding) {
  if (!screen) return { left: 12, top: 12 };
  const box = window.document.querySelector(".react-flow")!.getBoundingClientRect();
  return {
    left: Math.max(8, Math.min(screen.x - box.left, box.width - 300)),
    top: Math.max(8, Math.min(screen.y - box.top, box.height - 360)),
  };
}
