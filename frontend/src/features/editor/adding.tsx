import { t } from "@lingui/core/macro";
import { useReactFlow } from "@xyflow/react";
import { useCallback, useState } from "react";
import type { NodeType } from "@/api/types";
import { cn } from "@/lib/cn";
import { beside, clear, placeFor } from "./beside";
import { inserted } from "./connections";
import { useDocument, useEditor } from "./context";
import { newNode, type Edit, type Link } from "./graph";
import { Palette } from "./palette";
import { firstLink, fittingTypes, type LooseEnd } from "./ports";
import { useReveal } from "./reveal";
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

/** The palette's state, and what choosing from it does. */
export function useAdding(onAdded: (id: string) => void) {
  const { document, types } = useEditor();
  const flow = useReactFlow();
  const reveal = useReveal();
  const [adding, setAdding] = useState<Adding | null>(null);
  const center = useCallback(() => {
    const box = window.document.querySelector(".react-flow")?.getBoundingClientRect();
    const middle = box ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : { x: 400, y: 300 };
    return flow.screenToFlowPosition(middle);
  }, [flow]);
  /** Beside a node, and connected to it, if something leads out of it; else in the middle. */
  const besideNode = (id: string | null, at?: Point) => {
    const next = id === null ? null : beside(document.store.getState(), types, id);
    setAdding(next ?? { at: at ?? center(), screen: at && flow.flowToScreenPosition(at) });
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
  const pick = (type: NodeType) => {
    if (adding) add(type, placeFor(document.store.getState(), types, adding, type), adding);
  };
  /** Dragged from the palette to a place, or onto an edge that it is to be put into. */
  const drop = (type: NodeType, at: Point, edge: Link | undefined) => {
    const place = { x: at.x - WIDTH / 2, y: at.y - HEIGHT / 2 };
    if (edge) add(type, clear(document.store.getState(), types, type, place), { between: edge });
    else add(type, place, adding ?? {});
  };
  return { adding, setAdding, beside: besideNode, into, pick, drop, center, close: () => setAdding(null) };
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
  const note = (end || between) && fitting.length ? t`Those that can be connected here.` : undefined;
  return (
    <>
      {!dragging && <div className="absolute inset-0 z-10" onPointerDown={onClose} />}
      <div
        className={cn("absolute z-20 flex transition-opacity", dragging && "pointer-events-none opacity-30")}
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

/** As high as the palette becomes. */
const TALL = 460;

/** Within the canvas, whatever the place. */
function placeOf({ screen }: Adding) {
  const box = window.document.querySelector(".react-flow")!.getBoundingClientRect();
  const within = (place: number, room: number) => Math.max(8, Math.min(place, room - 8));
  const top = screen ? within(screen.y - box.top, box.height - TALL) : 12;
  const left = screen ? within(screen.x - box.left, box.width - 288) : 12;
  return { left, top, maxHeight: `calc(100% - ${top + 8}px)` };
}
