import { useReactFlow } from "@xyflow/react";
import { useCallback, useState } from "react";
import type { NodeType } from "@/api/types";
import { motion } from "@/lib/motion";
import { inserted } from "./connections";
import { useDocument, useEditor } from "./context";
import { newNode, type Edit, type Link } from "./graph";
import { Palette } from "./palette";
import { firstLink, fittingTypes, IN, type LooseEnd } from "./ports";

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
  const [adding, setAdding] = useState<Adding | null>(null);
  const center = useCallback(() => {
    const box = window.document.querySelector(".react-flow")?.getBoundingClientRect();
    const middle = box ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : { x: 400, y: 300 };
    return flow.screenToFlowPosition(middle);
  }, [flow]);
  /** Bring a new node into view, once its panel stands beside the canvas. */
  const reveal = ({ x, y }: Point) =>
    setTimeout(() => {
      const box = window.document.querySelector(".react-flow")?.getBoundingClientRect();
      if (!box) return;
      const [start, end] = [
        flow.flowToScreenPosition({ x, y }),
        flow.flowToScreenPosition({ x: x + 208, y: y + 70 }),
      ];
      const seen = start.x > box.left && start.y > box.top && end.x < box.right && end.y < box.bottom;
      if (!seen) void flow.setCenter(x + 104, y + 35, { zoom: flow.getZoom(), duration: motion() });
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
      x: (a.position_x + b.position_x) / 2 + 104,
      y: (a.position_y + b.position_y) / 2 + 26,
    };
    const place = at ?? middle;
    setAdding({ at: place, screen: flow.flowToScreenPosition(place), between });
  };
  const pick = (type: NodeType) => {
    if (!adding) return;
    const state = document.store.getState();
    const { end, between } = adding;
    const attached = end && !end.isSource && end.handle !== IN;
    const offset = end?.isSource ? 0 : end && !attached ? -208 : -104;
    const node = newNode(type, { x: adding.at.x + offset, y: adding.at.y - 26 }, state.nodes);
    const link = end && firstLink(state, types, end, type, node.node_id);
    const edits: Edit[] = [{ kind: "add_node", node }, ...inserted(state, types, between, node)];
    if (link) edits.push({ kind: "add_edge", link });
    document.edit(`Add ${type.label}`, edits);
    setAdding(null);
    onAdded(node.node_id);
    reveal({ x: node.position_x, y: node.position_y });
  };
  return { adding, setAdding, beside, into, pick, center, close: () => setAdding(null) };
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
  const { end, between } = adding;
  const state = document.store.getState();
  const fitting = end
    ? fittingTypes(state, types, end)
    : [...types.values()].filter(
        (type) =>
          !between || inserted(state, types, between, newNode(type, { x: 0, y: 0 }, state.nodes)).length > 0,
      );
  const note = end || between ? "Those that can be connected here." : undefined;
  return (
    <>
      <div className="absolute inset-0 z-10" onPointerDown={onClose} />
      <div className="absolute z-20" style={placeOf(adding)}>
        <Palette
          types={empty ? fitting.filter((type) => type.is_trigger) : fitting}
          note={note ?? (empty ? "A workflow begins with a trigger." : undefined)}
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
