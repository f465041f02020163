/** Moving boxes on the canvas: shown while it goes on, in line with others, and one edit at the end. */
import { t } from "@lingui/core/macro";
import type { NodeChange, NodeDimensionChange, NodePositionChange } from "@xyflow/react";
import { useCallback, useRef, useState } from "react";
import type { NodeType } from "@/api/types";
import { useEditor } from "./context";
import type { Moving } from "./flow-items";
import { bounds, snap, within, type Box, type Guide } from "./geometry";
import type { Edit, Graph } from "./graph";
import { shapeOf } from "./shape";

/** Pixels within which a dragged box is pulled into line. */
const REACH = 6;

export function boxesOf({ nodes, edges, notes }: Graph, types: Map<string, NodeType>): Box[] {
  const steps = Object.values(nodes).map((node) => {
    const { width, height } = shapeOf(node, types.get(node.component_type), edges);
    return { id: node.node_id, x: node.position_x, y: node.position_y, width, height };
  });
  return [...steps, ...Object.values(notes)];
}

/** Moves of boxes, with those of what lies in a moved group. */
export function carried(graph: Graph, boxes: Box[], wanted: Moving): Moving {
  const all = { ...wanted };
  for (const group of boxes) {
    const to = wanted[group.id];
    if (!to || graph.notes[group.id]?.kind !== "group") continue;
    const [dx, dy] = [(to.x ?? group.x) - group.x, (to.y ?? group.y) - group.y];
    for (const box of boxes)
      if (!wanted[box.id] && within(box, group)) all[box.id] = { x: box.x + dx, y: box.y + dy };
  }
  return all;
}

/** The edits that put boxes to their places, without those that are there. */
export function placed(graph: Graph, places: Moving): Edit[] {
  return Object.entries(places).flatMap(([id, { x, y }]): Edit[] => {
    const [node, note] = [graph.nodes[id], graph.notes[id]];
    if (note) {
      const put = { ...note, x: Math.round(x ?? note.x), y: Math.round(y ?? note.y) };
      return put.x === note.x && put.y === note.y ? [] : [{ kind: "put_note", note: put }];
    }
    if (!node || x === undefined || y === undefined) return [];
    const patch = { position_x: Math.round(x), position_y: Math.round(y) };
    const isThere = node.position_x === patch.position_x && node.position_y === patch.position_y;
    return isThere ? [] : [{ kind: "set_node", node_id: id, patch }];
  });
}

interface Wiring {
  /** Pixels per canvas unit. */
  zoom: () => number;
  /** Whether the key is held that switches snapping off. */
  isFree: () => boolean;
  /** The edits that put a dragged node into what lies under the pointer; asked while it moves, too. */
  onto: (id: string) => Edit[];
}

export function useDragging({ zoom, isFree, onto }: Wiring) {
  const { document, types } = useEditor();
  const [moving, setMoving] = useState<Moving>({});
  const [guides, setGuides] = useState<Guide[]>([]);
  /** What is shown, also between two drawings. */
  const latest = useRef<Moving>({});
  const show = (next: Moving, lines: Guide[]) => {
    latest.current = next;
    setMoving(next);
    setGuides(lines);
  };
  const onMoves = useCallback(
    (changes: NodeChange[]) => {
      const moves = changes.filter((one): one is NodePositionChange => one.type === "position");
      const graph = document.store.getState();
      const named = Object.fromEntries(
        moves.flatMap((one) => (one.position ? [[one.id, one.position]] : [])),
      );
      const resized = changes.find(
        (one): one is NodeDimensionChange => one.type === "dimensions" && one.resizing !== undefined,
      );
      if (resized) {
        const { id, dimensions, resizing } = resized;
        const box = { ...latest.current[id], ...named[id], ...dimensions };
        const note = graph.notes[id];
        if (!resizing && note)
          document.edit(t`Resize`, [{ kind: "put_note", note: { ...note, ...rounded(box) } }]);
        return show(resizing ? { [id]: box } : {}, []);
      }
      const boxes = boxesOf(graph, types);
      const wanted = carried(graph, boxes, named);
      const only = Object.keys(wanted).length === 1 ? Object.keys(wanted)[0]! : "";
      if (moves.some((one) => one.dragging)) {
        const { places, lines } = drawn(boxes, wanted, isFree() ? 0 : REACH / zoom());
        show(places, lines);
        onto(only);
      } else if (moves.length) {
        const wasDragged = Object.keys(latest.current).length > 0;
        const moved = placed(graph, wasDragged ? latest.current : wanted);
        const edits = [...moved, ...(wasDragged ? onto(only) : [])];
        const label = moved.length > 1 ? t`Move nodes` : t`Move a node`;
        // steps by the arrow keys that follow one another are taken back together
        const key = wasDragged ? undefined : `move.${Object.keys(named).join(" ")}`;
        document.edit(label, edits, key);
        show({}, []);
      }
    },
    [document, isFree, onto, types, zoom],
  );
  return { moving, guides, onMoves };
}

function rounded(box: Moving[string]): Moving[string] {
  return Object.fromEntries(Object.entries(box).map(([name, value]) => [name, Math.round(value)]));
}

function drawn(boxes: Box[], wanted: Moving, reach: number): { places: Moving; lines: Guide[] } {
  const dragged = boxes.filter((box) => wanted[box.id]).map((box) => ({ ...box, ...wanted[box.id] }));
  const others = boxes.filter((box) => !wanted[box.id]);
  const { dx, dy, guides } = reach ? snap(bounds(dragged), others, reach) : { dx: 0, dy: 0, guides: [] };
  const places = dragged.map(({ id, x, y }) => [id, { x: x + dx, y: y + dy }] as const);
  return { places: Object.fromEntries(places), lines: guides };
}
