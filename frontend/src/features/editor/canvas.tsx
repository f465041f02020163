import { t } from "@lingui/core/macro";
import {
  Background,
  BackgroundVariant,
  ConnectionMode,
  MiniMap,
  ReactFlow,
  SelectionMode,
  useReactFlow,
  useStore,
  type Connection,
  type Edge,
  type EdgeChange,
  type FinalConnectionState,
  type NodeChange,
} from "@xyflow/react";
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type Dispatch,
  type DragEvent,
  type MouseEvent as ReactMouseEvent,
  type SetStateAction,
} from "react";
import { toast } from "sonner";
import type { NodeType, WorkflowNode } from "@/api/types";
import { isField } from "@/lib/shortcuts";
import type { Point } from "./adding";
import { AlignBar } from "./align-bar";
import { useClipboard } from "./clipboard";
import { canvasLabels } from "./canvas-labels";
import { edgeAt, nodeAt, Refusal } from "./connecting";
import { joined, putOn } from "./connections";
import { useDocument, useEditor } from "./context";
import { useDragging } from "./dragging";
import { sightOf } from "./fit";
import { FlowEdge } from "./flow-edge";
import { useFlowEdges, useFlowNodes, useFlowNotes } from "./flow-items";
import type { Link } from "./graph";
import { Guides } from "./guides";
import { colourOf, Far, StepNode } from "./node";
import { GroupFrame, NoteBar, StickyNote } from "./note-node";
import { linkBetween, refusal, type Ends, type LooseEnd } from "./ports";
import { removeChosen } from "./removing";
import { changed } from "./selection";
import { useUnpiled } from "./tidy";
import { ZoomBar } from "./zoom-bar";

const NODE_TYPES = { step: StepNode, note: StickyNote, frame: GroupFrame };
const EDGE_TYPES = { flow: FlowEdge };
const NOTHING: string[] = [];
/** Below this zoom nodes are boxes with an icon: what can be neither read nor grasped is not drawn. */
const FAR = 0.4;
export const DRAGGED = "application/x-pipelit-node";

interface Props {
  /** Ids of nodes and edges. */
  selected: string[];
  onSelect: Dispatch<SetStateAction<string[]>>;
  /** A dragged edge was let go over nothing: what may be put there? */
  onLooseEnd?: (end: LooseEnd, at: Point, screen: Point) => void;
  /** A type was dragged to a place, or onto an edge. */
  onDrop?: (type: NodeType, at: Point, edge: Link | undefined) => void;
  /** A node was clicked that may be selected already. */
  onInspect?: (id: string) => void;
  /** The note whose text is being written, and who may begin and end that. */
  writing?: string | null;
  onWrite?: (id: string | null) => void;
  /** What a search has found. */
  found?: string[];
  /** The menu of what is selected by then was asked for, at a place of the window. */
  onMenu?: (screen: Point) => void;
}

export function Canvas({
  selected,
  onSelect,
  onLooseEnd,
  onDrop,
  onInspect,
  onMenu,
  found = NOTHING,
  writing = null,
  onWrite,
}: Props) {
  const { document, types } = useEditor();
  const readOnly = useDocument((state) => state.readOnly);
  const flow = useReactFlow();
  const [labels] = useState(canvasLabels);
  const [sight] = useState(() => sightOf(document.store.getState(), types, aboutRoom()));
  const far = useStore((state) => state.transform[2] < FAR);
  const pointer = usePointer();
  const isFree = useCallback(() => pointer.current.alt, [pointer]);
  const [over, setOver] = useState<string | null>(null);
  const onto = useCallback(
    (id: string) => {
      const state = document.store.getState();
      const key = edgeAt(pointer.current.x, pointer.current.y);
      const edits = key ? putOn(state, types, state.edges[key], id) : [];
      setOver(edits.length ? key : null);
      return edits;
    },
    [document, pointer, types],
  );
  const { moving, guides, onMoves } = useDragging({ zoom: flow.getZoom, isFree, onto });
  const onWritten = useCallback(() => onWrite?.(null), [onWrite]);
  const flowNotes = useFlowNotes(selected, moving, found, writing, onWritten);
  const steps = useFlowNodes(selected, moving, found);
  const flowNodes = useMemo(() => [...flowNotes, ...steps], [flowNotes, steps]);
  const flowEdges = useFlowEdges(selected, over);
  const nodes = useDocument((state) => state.nodes);
  useUnpiled();
  const lined = useMemo(() => selected.filter((id) => nodes[id]), [nodes, selected]);

  const choose = useCallback(
    (changes: (NodeChange | EdgeChange)[]) => {
      const picks = changes.filter((change) => change.type === "select");
      if (picks.length) onSelect((before) => changed(before, picks));
    },
    [onSelect],
  );
  const onNodesChange = useCallback(
    (changes: NodeChange[]) => {
      onMoves(changes);
      choose(changes);
    },
    [choose, onMoves],
  );
  const connect = (ends: Ends) => document.edit(t`Connect`, [{ kind: "add_edge", link: linkBetween(ends) }]);
  const isValid = (connection: Connection | Edge) =>
    refusal(document.store.getState(), types, linkBetween(connection as Ends)) === null;
  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    if (readOnly || state.isValid || !state.fromHandle) return;
    const { clientX: x, clientY: y } = "changedTouches" in event ? event.changedTouches[0]! : event;
    const { fromHandle } = state;
    const end = {
      node: fromHandle.nodeId,
      handle: fromHandle.id ?? "",
      isSource: fromHandle.type === "source",
    };
    const over = nodeAt(x, y) ?? state.toNode?.id;
    if (!over) return onLooseEnd?.(end, flow.screenToFlowPosition({ x, y }), { x, y });
    if (over === end.node) return;
    const { link, why } = joined(document.store.getState(), types, end, over);
    if (link) document.edit(t`Connect`, [{ kind: "add_edge", link }]);
    else if (why) toast.message(why);
  };
  const draggedOver = (event: DragEvent) => {
    if (readOnly || !event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    setOver(edgeAt(event.clientX, event.clientY));
  };
  const dropped = (event: DragEvent) => {
    const type = types.get(event.dataTransfer.getData(DRAGGED));
    if (!type || readOnly) return;
    event.preventDefault();
    setOver(null);
    const { clientX: x, clientY: y } = event;
    onDrop?.(type, flow.screenToFlowPosition({ x, y }), document.store.getState().edges[edgeAt(x, y) ?? ""]);
  };
  const onContextMenu = (event: ReactMouseEvent) => {
    if (!onMenu || isField(event.target)) return;
    event.preventDefault();
    const element = event.target as Element;
    const id = element.closest(".react-flow__node, .react-flow__edge")?.getAttribute("data-id");
    if (id) onSelect((before) => (before.includes(id) ? before : [id]));
    else if (!element.closest(".react-flow__nodesselection")) onSelect([]);
    onMenu({ x: event.clientX, y: event.clientY });
  };

  const remove = useCallback(() => {
    removeChosen(document, selected);
    onSelect([]);
  }, [document, onSelect, selected]);
  const place = useCallback(() => flow.screenToFlowPosition(pointer.current), [flow, pointer]);
  useClipboard({ document, selected, onSelect, remove, pointer: place });

  return (
    <Far value={far}>
      <ReactFlow
        className={far ? "far" : undefined}
        ariaLabelConfig={labels}
        nodes={flowNodes}
        edges={flowEdges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onEdgesChange={choose}
        onConnect={connect}
        onConnectEnd={onConnectEnd}
        isValidConnection={isValid}
        onDragOver={draggedOver}
        onDragLeave={() => setOver(null)}
        onDrop={dropped}
        onContextMenu={onContextMenu}
        onNodeClick={(_event, { id }) => onInspect?.(id)}
        onNodeDoubleClick={(_event, { id, type }) => type !== "step" && !readOnly && onWrite?.(id)}
        onKeyDown={(event) => {
          const id = (event.target as Element).getAttribute("data-id") ?? "";
          if (event.key !== "Enter" || readOnly || !document.store.getState().notes[id]) return;
          event.preventDefault();
          onWrite?.(id);
        }}
        connectionMode={ConnectionMode.Strict}
        connectionRadius={28}
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        elevateNodesOnSelect={false}
        deleteKeyCode={null}
        selectionMode={SelectionMode.Partial}
        panOnScroll
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Meta", "Control", "Shift"]}
        onlyRenderVisibleElements={flowNodes.length > 100}
        minZoom={0.1}
        maxZoom={2}
        fitView
        fitViewOptions={sight}
        proOptions={{ hideAttribution: true }}
      >
        <Background
          variant={BackgroundVariant.Dots}
          gap={20}
          size={1.2}
          color="var(--line-strong)"
          className="opacity-40"
        />
        <Guides guides={guides} />
        <Refusal />
        {!readOnly && lined.length > 1 && <AlignBar ids={lined} />}
        {!readOnly && selected.length === 1 && selected[0] !== writing && <NoteBar id={selected[0]!} />}
        <ZoomBar />
        {onMenu && (
          <MiniMap
            pannable
            zoomable
            ariaLabel={t`Overview of the canvas`}
            className="!right-3 !bottom-3 !m-0 hidden overflow-hidden rounded-md border border-line !bg-panel md:block"
            maskColor="color-mix(in srgb, var(--ground) 70%, transparent)"
            nodeColor={(node) =>
              node.type === "step"
                ? colourOf(types.get((node.data.node as WorkflowNode).component_type))
                : "color-mix(in srgb, var(--line) 50%, transparent)"
            }
          />
        )}
      </ReactFlow>
    </Far>
  );
}

/** How large the canvas will be, more or less. */
function aboutRoom() {
  return { width: innerWidth * 0.75, height: innerHeight * 0.75 };
}

/** Where the pointer is in the window, and whether Alt is held with it. */
function usePointer() {
  const pointer = useRef({ x: 0, y: 0, alt: false });
  useEffect(() => {
    const move = (event: PointerEvent) => {
      pointer.current = { x: event.clientX, y: event.clientY, alt: event.altKey };
    };
    window.addEventListener("pointermove", move, true);
    return () => window.removeEventListener("pointermove", move, true);
  }, []);
  return pointer;
}
