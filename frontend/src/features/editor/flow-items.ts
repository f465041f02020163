/** Nodes and edges of the document as React Flow draws them. */
import { t } from "@lingui/core/macro";
import { MarkerType, type Edge as FlowEdge, type Node as FlowNode } from "@xyflow/react";
import { useMemo, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { NodeType, WorkflowNode } from "@/api/types";
import { useDocument, useEditor, useRuns } from "./context";
import type { Box } from "./geometry";
import type { Link } from "./graph";
import { nameOf, type Note } from "./notes";
import { attaches, handlesOf, outletName } from "./ports";
import { boxed, shapeOf, type Shape } from "./shape";

/** Where boxes are while they are dragged or resized, before that is one edit. */
export type Moving = Record<string, Partial<Omit<Box, "id">>>;

/** What a drawn note needs beside itself. */
export interface NoteData extends Record<string, unknown> {
  note: Note;
  /** Its text is being written. */
  writing: boolean;
  onWritten: () => void;
}

/** Notes and groups, behind the nodes. */
export function useFlowNotes(
  selected: string[],
  moving: Moving,
  found: string[],
  writing: string | null,
  onWritten: () => void,
): FlowNode[] {
  const notes = useDocument((state) => state.notes);
  return useMemo(
    () =>
      Object.values(notes).map((note): FlowNode => {
        const { x, y, width, height } = { ...note, ...moving[note.id] };
        const isGroup = note.kind === "group";
        const data: NoteData = { note, writing: writing === note.id, onWritten };
        return {
          id: note.id,
          type: isGroup ? "frame" : "note",
          position: { x, y },
          width,
          height,
          measured: { width, height },
          data,
          selected: selected.includes(note.id),
          zIndex: isGroup ? -2 : -1,
          className: found.includes(note.id) ? "found" : undefined,
          dragHandle: isGroup ? ".group-title" : undefined,
          // what lies in a group, and the canvas under it, stay within reach
          style: isGroup ? { pointerEvents: "none" } : undefined,
          ariaLabel: nameOf(note),
        };
      }),
    [found, notes, moving, onWritten, selected, writing],
  );
}

/** What a drawn node needs. */
export interface NodeData extends Record<string, unknown> {
  node: WorkflowNode;
  shape: Shape;
}

/** What a drawn node follows from; while all of it stays, the node stays the same object, and is not drawn again. */
type Drawn = [
  node: WorkflowNode,
  type: NodeType | undefined,
  isSelected: boolean,
  isFound: boolean,
  moved: Moving[string] | undefined,
  edges: Record<string, Link> | null,
];

export function useFlowNodes(selected: string[], moving: Moving, found: string[]): FlowNode[] {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const [drawn] = useState(() => new WeakMap<WorkflowNode, { from: Drawn; made: FlowNode }>());
  return useMemo(() => {
    const [chosen, hits] = [new Set(selected), new Set(found)];
    return Object.values(nodes).map((node) => {
      const id = node.node_id;
      const type = types.get(node.component_type);
      const from: Drawn = [node, type, chosen.has(id), hits.has(id), moving[id], type ? null : edges];
      const known = drawn.get(node);
      const isSame = known?.from.every((one, index) => one === from[index]);
      const made = isSame ? known!.made : flowNode(from);
      drawn.set(node, { from, made });
      return made;
    });
  }, [drawn, edges, found, nodes, moving, selected, types]);
}

function flowNode([node, type, isSelected, isFound, moved, edges]: Drawn): FlowNode {
  const shape = shapeOf(node, type, edges ?? {});
  const { width, height } = shape;
  const data: NodeData = { node, shape };
  return {
    id: node.node_id,
    type: "step",
    position: { x: moved?.x ?? node.position_x, y: moved?.y ?? node.position_y },
    width,
    height,
    measured: { width, height },
    handles: boxed(shape),
    data,
    selected: isSelected,
    zIndex: isSelected ? 1000 : 0,
    className: isFound ? "found" : undefined,
    ariaLabel: `${node.label || type?.label || node.component_type}, ${node.node_id}`,
  };
}

/** `over`: the edge that what is dragged would be put into. */
export function useFlowEdges(selected: string[], over: string | null): FlowEdge[] {
  const edges = useDocument((state) => state.edges);
  const runs = useRuns((state) => state.nodes);
  const { types } = useEditor();
  const names = useDocument(
    useShallow((state) => {
      const conditional = Object.entries(state.edges).filter(([, link]) => link.condition);
      return Object.fromEntries(conditional.map(([key, link]) => [key, outletName(state, types, link)]));
    }),
  );
  return useMemo(() => {
    const chosen = new Set(selected);
    return Object.entries(edges).map(([key, link]): FlowEdge => {
      const attached = attaches(link);
      const plain = link.label === "error" ? "var(--bad)" : "var(--line-strong)";
      const isMarked = chosen.has(key) || key === over;
      const how = names[key] || link.label;
      return {
        id: key,
        type: "flow",
        data: { link, name: names[key] },
        source: link.source,
        target: link.target,
        ...handlesOf(link),
        selected: chosen.has(key),
        animated: runs[link.target]?.status === "running" && !attached,
        style: {
          strokeWidth: isMarked ? 2.5 : 1.5,
          stroke: isMarked ? "var(--accent)" : plain,
          strokeDasharray: attached ? "4 3" : undefined,
        },
        markerEnd: attached ? undefined : { type: MarkerType.ArrowClosed, color: "var(--line-strong)" },
        interactionWidth: 16,
        ariaLabel: how
          ? t`From ${link.source} to ${link.target} (${how})`
          : t`From ${link.source} to ${link.target}`,
      };
    });
  }, [edges, names, over, selected, runs]);
}
