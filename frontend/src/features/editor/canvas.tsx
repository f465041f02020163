import {
  Background,
  BackgroundVariant,
  ConnectionMode,
  MarkerType,
  MiniMap,
  ReactFlow,
  SelectionMode,
  useReactFlow,
  useStore,
  type Connection,
  type Edge as FlowEdge,
  type EdgeChange,
  type FinalConnectionState,
  type Node as FlowNode,
  type NodeChange,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState, type DragEvent } from "react";
import { toast } from "sonner";
import type { WorkflowNode } from "@/api/types";
import { useDocument, useEditor, useRuns } from "./context";
import { clipOf, copied, linkKey, newNode, pasted, type Edit, type Link } from "./graph";
import { colourOf, StepNode } from "./node";
import { firstLink, handlesOf, linkBetween, refusal, type Ends, type LooseEnd } from "./ports";
import { isField } from "@/lib/shortcuts";

const NODE_TYPES = { step: StepNode };
const FAR = 0.4;
/** Below this zoom nodes are boxes with an icon: what cannot be read is not drawn (styles.css). */
export const DRAGGED = "application/x-pipelit-node";

interface Props {
  selected: string[];
  onSelect: (ids: string[]) => void;
  /** A dragged edge was let go over nothing: what may be put there? */
  onLooseEnd: (end: LooseEnd, at: { x: number; y: number }, screen: { x: number; y: number }) => void;
}

export function Canvas({ selected, onSelect, onLooseEnd }: Props) {
  const { document, types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const readOnly = useDocument((state) => state.readOnly);
  const flow = useReactFlow();
  const far = useStore((state) => state.transform[2] < FAR);
  /** Where nodes are while they are dragged, before that is one edit. */
  const [moving, setMoving] = useState<Record<string, { x: number; y: number }>>({});
  const [chosenEdges, setChosenEdges] = useState<Set<string>>(new Set());
  const [sizes, setSizes] = useState<Record<string, { width: number; height: number }>>({});
  const pointer = useRef({ x: 0, y: 0 });

  const flowNodes = useMemo(
    () =>
      Object.values(nodes).map((node): FlowNode => {
        const position = moving[node.node_id] ?? { x: node.position_x, y: node.position_y };
        const name = node.label || types.get(node.component_type)?.label || node.component_type;
        return {
          id: node.node_id,
          type: "step",
          position,
          data: { node },
          selected: selected.includes(node.node_id),
          measured: sizes[node.node_id],
          ariaLabel: `${name}, ${node.node_id}`,
        };
      }),
    [nodes, moving, selected, types, sizes],
  );
  const runs = useRuns((state) => state.nodes);
  const flowEdges = useMemo(
    () =>
      Object.entries(edges).map(([key, link]): FlowEdge => {
        const attached = ["llm", "tool", "memory", "output_parser"].includes(link.label);
        const running = runs[link.target]?.status === "running";
        return {
          id: key,
          source: link.source,
          target: link.target,
          ...handlesOf(link),
          selected: chosenEdges.has(key),
          animated: running && !attached,
          style: {
            strokeWidth: chosenEdges.has(key) ? 2.5 : 1.5,
            stroke: chosenEdges.has(key)
              ? "var(--accent)"
              : link.label === "error"
                ? "var(--bad)"
                : "var(--line-strong)",
            strokeDasharray: attached ? "4 3" : undefined,
          },
          markerEnd: attached ? undefined : { type: MarkerType.ArrowClosed, color: "var(--line-strong)" },
          interactionWidth: 16,
        };
      }),
    [edges, chosenEdges, runs],
  );

  const onNodesChange = useCallback(
    (changes: NodeChange[]) => {
      let chosen: Set<string> | null = null;
      const moves: Edit[] = [];
      for (const change of changes) {
        if (change.type === "select") {
          chosen ??= new Set(selected);
          if (change.selected) chosen.add(change.id);
          else chosen.delete(change.id);
        } else if (change.type === "dimensions" && change.dimensions) {
          const { id, dimensions } = change;
          setSizes((before) => ({ ...before, [id]: dimensions }));
        } else if (change.type === "position" && change.position) {
          const { id, position } = change;
          if (change.dragging) setMoving((before) => ({ ...before, [id]: position }));
          else moves.push(moved(id, position));
        }
      }
      if (moves.length) {
        document.edit(moves.length > 1 ? "Move nodes" : "Move a node", moves);
        setMoving({});
      }
      if (chosen) onSelect([...chosen]);
    },
    [document, onSelect, selected],
  );
  const onEdgesChange = useCallback((changes: EdgeChange[]) => {
    setChosenEdges((before) => {
      const chosen = new Set(before);
      for (const change of changes)
        if (change.type === "select") {
          if (change.selected) chosen.add(change.id);
          else chosen.delete(change.id);
        }
      return chosen;
    });
  }, []);

  const onConnect = (connection: Connection) =>
    document.edit("Connect", [{ kind: "add_edge", link: linkBetween(connection) }]);
  const isValid = (connection: Connection | FlowEdge) =>
    refusal(document.store.getState(), types, linkBetween(connection as Ends)) === null;
  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    if (readOnly || state.isValid || !state.fromHandle) return;
    const at = "changedTouches" in event ? event.changedTouches[0]! : event;
    const { fromHandle, toNode, toHandle } = state;
    const isSource = fromHandle.type === "source";
    if (toNode && fromHandle.nodeId !== toNode.id) {
      const [from, to] = [fromHandle, { nodeId: toNode.id, id: toHandle?.id ?? "in" }];
      const [source, target] = isSource ? [from, to] : [to, from];
      const link = linkBetween({
        source: source.nodeId,
        sourceHandle: source.id,
        target: target.nodeId,
        targetHandle: target.id,
      });
      const why = refusal(document.store.getState(), types, link);
      if (why) toast.message(why);
      else document.edit("Connect", [{ kind: "add_edge", link }]);
    } else if (!toNode) {
      const end = { node: fromHandle.nodeId, handle: fromHandle.id ?? "", isSource };
      const screen = { x: at.clientX, y: at.clientY };
      onLooseEnd(end, flow.screenToFlowPosition(screen), screen);
    }
  };

  const remove = useCallback(() => {
    const state = document.store.getState();
    const links = [...chosenEdges].flatMap((key): Edit[] => {
      const link = state.edges[key];
      return link ? [{ kind: "remove_edge", link }] : [];
    });
    const gone = selected.map((node_id): Edit => ({ kind: "remove_node", node_id }));
    document.edit(gone.length ? "Delete nodes" : "Delete an edge", [...links, ...gone]);
    onSelect([]);
    setChosenEdges(new Set());
  }, [chosenEdges, document, onSelect, selected]);

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (isField(event.target) || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      if ((event.key === "Delete" || event.key === "Backspace") && (selected.length || chosenEdges.size)) {
        event.preventDefault();
        remove();
      }
    };
    const copy = (event: ClipboardEvent) => {
      if (isField(event.target) || !selected.length || window.getSelection()?.toString()) return;
      event.preventDefault();
      event.clipboardData?.setData(
        "text/plain",
        JSON.stringify(copied(document.store.getState(), selected), null, 1),
      );
      if (event.type === "cut") remove();
      else
        toast.message(`Copied ${selected.length} node${selected.length > 1 ? "s" : ""}.`, { duration: 1500 });
    };
    const paste = (event: ClipboardEvent) => {
      if (isField(event.target) || readOnly) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const clip = clipOf(text);
      if (!clip) {
        if (text.length > 1_000_000) toast.error("What is on the clipboard is too large to be nodes.");
        return;
      }
      event.preventDefault();
      const at = flow.screenToFlowPosition(pointer.current);
      const left = Math.min(...clip.nodes.map((node) => node.position_x));
      const top = Math.min(...clip.nodes.map((node) => node.position_y));
      const { edits, ids } = pasted(document.store.getState(), clip, { x: at.x - left, y: at.y - top });
      document.edit("Paste", edits);
      onSelect(ids);
    };
    const move = (event: PointerEvent) => {
      pointer.current = { x: event.clientX, y: event.clientY };
    };
    window.addEventListener("keydown", pressed);
    window.addEventListener("copy", copy);
    window.addEventListener("cut", copy);
    window.addEventListener("paste", paste);
    window.addEventListener("pointermove", move);
    return () => {
      window.removeEventListener("keydown", pressed);
      window.removeEventListener("copy", copy);
      window.removeEventListener("cut", copy);
      window.removeEventListener("paste", paste);
      window.removeEventListener("pointermove", move);
    };
  }, [chosenEdges, document, flow, onSelect, readOnly, remove, selected]);

  const onDrop = (event: DragEvent) => {
    const type = types.get(event.dataTransfer.getData(DRAGGED));
    if (!type) return;
    event.preventDefault();
    const state = document.store.getState();
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const node = newNode(type, { x: at.x - 104, y: at.y - 26 }, state.nodes);
    const under = window.document
      .elementsFromPoint(event.clientX, event.clientY)
      .map((element) => element.closest(".react-flow__edge")?.getAttribute("data-id"))
      .find(Boolean);
    document.edit("Add a node", [{ kind: "add_node", node }, ...inserted(state.edges[under ?? ""], node)]);
    onSelect([node.node_id]);
  };
  /** The edits that put a new node between the two ends of an edge. */
  const inserted = (link: Link | undefined, node: WorkflowNode): Edit[] => {
    const type = types.get(node.component_type);
    if (!link || !type) return [];
    const { edges: all, ...state } = document.store.getState();
    const { [linkKey(link)]: _gone, ...others } = all;
    const graph = { nodes: state.nodes, edges: others };
    const { sourceHandle, targetHandle } = handlesOf(link);
    const before = firstLink(
      graph,
      types,
      { node: link.source, handle: sourceHandle, isSource: true },
      type,
      node.node_id,
    );
    const after = firstLink(
      graph,
      types,
      { node: link.target, handle: targetHandle, isSource: false },
      type,
      node.node_id,
    );
    if (!before || !after) return [];
    return [
      { kind: "remove_edge", link },
      { kind: "add_edge", link: before },
      { kind: "add_edge", link: after },
    ];
  };

  return (
    <ReactFlow
      className={far ? "far" : undefined}
      nodes={flowNodes}
      edges={flowEdges}
      nodeTypes={NODE_TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onConnect={onConnect}
      onConnectEnd={onConnectEnd}
      isValidConnection={isValid}
      onDragOver={(event) => event.preventDefault()}
      onDrop={onDrop}
      connectionMode={ConnectionMode.Strict}
      connectionRadius={28}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      deleteKeyCode={null}
      selectionMode={SelectionMode.Partial}
      panOnScroll
      selectionKeyCode="Shift"
      multiSelectionKeyCode={["Meta", "Control", "Shift"]}
      onlyRenderVisibleElements={flowNodes.length > 100}
      minZoom={0.1}
      maxZoom={2}
      fitView
      fitViewOptions={{ padding: 0.2, maxZoom: 1 }}
      proOptions={{ hideAttribution: true }}
    >
      <Background
        variant={BackgroundVariant.Dots}
        gap={20}
        size={1.2}
        color="var(--line-strong)"
        className="opacity-40"
      />
      {!readOnly && (
        <MiniMap
          pannable
          zoomable
          ariaLabel="Overview of the canvas"
          className="!right-3 !bottom-3 !m-0 hidden overflow-hidden rounded-md border border-line !bg-panel md:block"
          maskColor="color-mix(in srgb, var(--ground) 70%, transparent)"
          nodeColor={(node) => colourOf(types.get((node.data.node as WorkflowNode).component_type))}
        />
      )}
    </ReactFlow>
  );
}

function moved(node_id: string, { x, y }: { x: number; y: number }): Edit {
  return { kind: "set_node", node_id, patch: { position_x: Math.round(x), position_y: Math.round(y) } };
}
