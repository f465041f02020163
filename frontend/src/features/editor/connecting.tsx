import { Handle, useConnection, type HandleProps } from "@xyflow/react";
import { useEffect, useMemo, useState } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { cn } from "@/lib/cn";
import { joined } from "./connections";
import { useEditor } from "./context";
import { linkKey } from "./graph";
import { linkBetween, refusal, type LooseEnd } from "./ports";

/** The end that is dragged, as a text that stays the same while it is; empty if none is. A store of its own: the canvas's
 * changes with every pan, and asks each of its listeners, of which handles would be thousands. */
const draggedEnd = createStore(() => "");

function useDraggedEnd(): string {
  return useStore(draggedEnd);
}

function useWatchedEnd(): string {
  const end = useConnection((state) => {
    const from = state.inProgress ? state.fromHandle : null;
    return from ? [from.nodeId, from.id ?? "", from.type].join("\u0000") : "";
  });
  useEffect(() => draggedEnd.setState(end, true), [end]);
  return end;
}

function endOf(text: string): LooseEnd {
  const [node = "", handle = "", type] = text.split("\u0000");
  return { node, handle, isSource: type === "source" };
}

/** A handle of a node. While an edge is dragged those that may take it light up, and all others fade. */
export function Dot({
  node,
  className,
  ...handle
}: HandleProps & { node: string; className?: string; title?: string }) {
  const { document, types } = useEditor();
  const dragged = useDraggedEnd();
  const { id, type } = handle;
  const fits = useMemo(() => {
    if (!dragged) return null;
    const end = endOf(dragged);
    if (end.node === node && end.handle === id) return true;
    if (end.isSource === (type === "source")) return false;
    const [from, to] = end.isSource ? [end, { node, handle: id }] : [{ node, handle: id }, end];
    const ends = { source: from.node, sourceHandle: from.handle, target: to.node, targetHandle: to.handle };
    const state = document.store.getState();
    const link = linkBetween(ends);
    return !state.edges[linkKey(link)] && refusal(state, types, link) === null;
  }, [document, dragged, id, node, type, types]);
  return (
    <Handle
      {...handle}
      className={cn(className, fits === true && "knob-fits", fits === false && "knob-unfit")}
      data-fits={fits ?? undefined}
    />
  );
}

/** The node at a point of the window. */
export function nodeAt(x: number, y: number): string | null {
  return idAt(x, y, ".react-flow__node-step");
}

/** The edge at a point of the window, also under a node. */
export function edgeAt(x: number, y: number): string | null {
  return idAt(x, y, ".react-flow__edge");
}

function idAt(x: number, y: number, part: string): string | null {
  const [found] = window.document
    .elementsFromPoint(x, y)
    .map((element) => element.closest(part)?.getAttribute("data-id"))
    .filter((id) => id != null);
  return found ?? null;
}

/** Beside the pointer: why the dragged edge would be refused by the node under it. */
export function Refusal() {
  const { document, types } = useEditor();
  const dragged = useWatchedEnd();
  const [hint, setHint] = useState<{ x: number; y: number; why: string } | null>(null);
  useEffect(() => {
    if (!dragged) return;
    const end = endOf(dragged);
    const moved = ({ clientX: x, clientY: y }: PointerEvent) => {
      const over = nodeAt(x, y);
      const why = over && over !== end.node ? joined(document.store.getState(), types, end, over).why : null;
      setHint(why ? { x, y, why } : null);
    };
    window.addEventListener("pointermove", moved, true);
    return () => {
      window.removeEventListener("pointermove", moved, true);
      setHint(null);
    };
  }, [document, dragged, types]);
  if (!hint) return null;
  return (
    <div
      role="status"
      className="pointer-events-none fixed z-50 max-w-72 rounded-md border border-bad bg-raised px-2 py-1 text-xs text-bad shadow-float"
      style={{ left: hint.x + 14, top: hint.y + 14 }}
    >
      {hint.why}
    </div>
  );
}
