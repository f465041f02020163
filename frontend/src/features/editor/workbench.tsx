import { useReactFlow } from "@xyflow/react";
import { Link } from "@tanstack/react-router";
import {
  LayoutGrid,
  ListTree,
  Maximize,
  MessageCircle,
  Play,
  Plus,
  Redo2,
  Search,
  TriangleAlert,
  Undo2,
} from "lucide-react";
import { useCallback, useState } from "react";
import { toast } from "sonner";
import type { NodeType } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Empty } from "@/components/ui/misc";
import { cn } from "@/lib/cn";
import { motion } from "@/lib/motion";
import { useShortcuts, written, SHORTCUTS } from "@/lib/shortcuts";
import { Canvas } from "./canvas";
import { ChatPanel } from "./chat-panel";
import { Conflicts } from "./conflicts";
import { useDocument, useEditor } from "./context";
import { copied, newNode, pasted, type Edit } from "./graph";
import { Inspector } from "./inspector";
import { layout } from "./layout";
import { Outline } from "./outline";
import { Palette } from "./palette";
import { Avatars, Cursors } from "./people";
import { firstLink, fittingTypes, IN, type LooseEnd } from "./ports";
import { RunPanel } from "./run-panel";
import { SaveState } from "./save-state";
import { WorkflowMenu } from "./workflow-menu";

type Side = "run" | "chat" | "outline" | null;

interface Adding {
  at: { x: number; y: number };
  screen?: { x: number; y: number };
  end?: LooseEnd;
}

/** Toolbar, canvas, and the panels around it. */
export function Workbench() {
  const { document, types } = useEditor();
  const flow = useReactFlow();
  const empty = useDocument((state) => Object.keys(state.nodes).length === 0);
  const [selected, setSelected] = useState<string[]>([]);
  const [adding, setAdding] = useState<Adding | null>(null);
  const [side, setSide] = useState<Side>(null);
  const [runSignal, setRunSignal] = useState(0);
  const only = selected.length === 1 ? selected[0]! : null;

  const center = useCallback(() => {
    const box = window.document.querySelector(".react-flow")?.getBoundingClientRect();
    const middle = box ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : { x: 400, y: 300 };
    return flow.screenToFlowPosition(middle);
  }, [flow]);
  const focus = useCallback(
    (id: string) => {
      setSelected([id]);
      void flow.fitView({ nodes: [{ id }], maxZoom: 1, duration: motion(), padding: 1 });
    },
    [flow],
  );
  /** Bring a new node into view, once its panel stands beside the canvas. */
  const reveal = (x: number, y: number) =>
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
  const openPalette = () => {
    // beside the chosen node, and connected to it, if something leads out of it
    const node = only ? document.store.getState().nodes[only] : undefined;
    const type = node && types.get(node.component_type);
    if (node && type?.executable && !type.forks)
      setAdding({
        at: { x: node.position_x + 280, y: node.position_y },
        end: { node: node.node_id, handle: "out", isSource: true, isBeside: true },
      });
    else setAdding({ at: center() });
  };
  const pick = (type: NodeType) => {
    if (!adding) return;
    const state = document.store.getState();
    const attached = adding.end && !adding.end.isSource && adding.end.handle !== IN;
    const offset = adding.end?.isSource ? 0 : adding.end && !attached ? -208 : -104;
    const node = newNode(type, { x: adding.at.x + offset, y: adding.at.y - 26 }, state.nodes);
    const link = adding.end && firstLink(state, types, adding.end, type, node.node_id);
    const edits: Edit[] = [{ kind: "add_node", node }];
    if (link) edits.push({ kind: "add_edge", link });
    document.edit(`Add ${type.label}`, edits);
    setAdding(null);
    setSelected([node.node_id]);
    reveal(node.position_x, node.position_y);
  };
  const undo = () => {
    const label = document.undo();
    if (label) toast.message(`Undone: ${label}`, { duration: 1500 });
  };
  const redo = () => {
    const label = document.redo();
    if (label) toast.message(`Done again: ${label}`, { duration: 1500 });
  };
  const tidy = async () => {
    const places = await layout(document.store.getState());
    const edits = Object.entries(places).map(([node_id, { x, y }]): Edit => ({
      kind: "set_node",
      node_id,
      patch: { position_x: x, position_y: y },
    }));
    document.edit("Tidy up", edits);
    requestAnimationFrame(() => void flow.fitView({ padding: 0.2, maxZoom: 1, duration: motion(300) }));
  };
  const duplicate = () => {
    const state = document.store.getState();
    const { edits, ids } = pasted(state, copied(state, selected), { x: 40, y: 60 });
    document.edit("Duplicate", edits);
    setSelected(ids);
  };
  const show = (next: Side) => setSide((before) => (before === next ? null : next));
  const run = () => {
    setSide("run");
    setRunSignal((before) => before + 1);
  };
  useShortcuts({
    undo,
    redo,
    add: openPalette,
    find: () => setSide("outline"),
    outline: () => show("outline"),
    selectAll: () => setSelected(Object.keys(document.store.getState().nodes)),
    duplicate,
    tidy: () => void tidy(),
    fit: () => void flow.fitView({ padding: 0.2, duration: motion() }),
    run,
    chat: () => show("chat"),
  });
  const fitting = adding?.end
    ? fittingTypes(document.store.getState(), types, adding.end)
    : [...types.values()];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Toolbar
        side={side}
        onShow={show}
        onRun={run}
        onAdd={openPalette}
        undo={undo}
        redo={redo}
        tidy={() => void tidy()}
      />
      <div className="relative flex min-h-0 grow">
        {side === "outline" && <Outline selected={selected} onPick={focus} onClose={() => setSide(null)} />}
        <div className="relative min-w-0 grow">
          <Canvas
            selected={selected}
            onSelect={setSelected}
            onLooseEnd={(end, at, screen) => setAdding({ end, at, screen })}
          />
          <Cursors selected={only} />
          {empty && !adding && (
            <div className="pointer-events-none absolute inset-0 grid place-items-center">
              <div className="pointer-events-auto rounded-xl border border-line bg-panel">
                <Empty icon={<Plus />} title="An empty canvas">
                  <p className="mb-3">
                    Begin with what starts the workflow: a chat message, a webhook, a clock, a click.
                  </p>
                  <Button variant="primary" onClick={openPalette}>
                    Add a trigger
                  </Button>
                </Empty>
              </div>
            </div>
          )}
          {adding && (
            <>
              <div className="absolute inset-0 z-10" onPointerDown={() => setAdding(null)} />
              <div className="absolute z-20" style={palettePlace(adding)}>
                <Palette
                  types={empty ? fitting.filter((type) => type.is_trigger) : fitting}
                  note={
                    adding.end
                      ? "Those that can be connected here."
                      : empty
                        ? "A workflow begins with a trigger."
                        : undefined
                  }
                  onPick={pick}
                  onClose={() => setAdding(null)}
                />
              </div>
            </>
          )}
        </div>
        {only && side !== "run" && side !== "chat" && (
          <Inspector nodeId={only} onClose={() => setSelected([])} onRenamed={(id) => setSelected([id])} />
        )}
        {side === "chat" && <ChatPanel onClose={() => setSide(null)} />}
        {side === "run" && <RunPanel signal={runSignal} onClose={() => setSide(null)} onShowNode={focus} />}
      </div>
    </div>
  );
}

function palettePlace(adding: Adding) {
  if (!adding.screen) return { left: 12, top: 12 };
  const box = window.document.querySelector(".react-flow")!.getBoundingClientRect();
  return {
    left: Math.max(8, Math.min(adding.screen.x - box.left, box.width - 300)),
    top: Math.max(8, Math.min(adding.screen.y - box.top, box.height - 360)),
  };
}

interface ToolbarProps {
  side: Side;
  onShow: (side: Side) => void;
  onRun: () => void;
  onAdd: () => void;
  undo: () => void;
  redo: () => void;
  tidy: () => void;
}

function Toolbar({ side, onShow, onRun, onAdd, undo, redo, tidy }: ToolbarProps) {
  const { slug } = useEditor();
  const flow = useReactFlow();
  const canUndo = useDocument((state) => state.past.length > 0);
  const canRedo = useDocument((state) => state.future.length > 0);
  const tip = (label: string, command: keyof typeof SHORTCUTS) =>
    `${label} (${written(SHORTCUTS[command].keys[0]!).join(" ")})`;
  return (
    <header className="flex flex-wrap items-center gap-1 border-b border-line bg-panel px-2 py-1.5">
      <Link to="/" className="px-1 text-muted hover:text-ink">
        Workflows
      </Link>
      <span className="text-muted">/</span>
      <WorkflowMenu slug={slug} />
      <SaveState />
      <Conflicts />
      <Problems onShow={() => onShow("run")} />
      <span className="grow" />
      <Avatars />
      <IconButton label={tip("Undo", "undo")} disabled={!canUndo} onClick={undo}>
        <Undo2 />
      </IconButton>
      <IconButton label={tip("Redo", "redo")} disabled={!canRedo} onClick={redo}>
        <Redo2 />
      </IconButton>
      <IconButton label={tip("Tidy up", "tidy")} onClick={tidy}>
        <LayoutGrid />
      </IconButton>
      <IconButton
        label={tip("Show everything", "fit")}
        onClick={() => void flow.fitView({ padding: 0.2, duration: motion() })}
      >
        <Maximize />
      </IconButton>
      <IconButton
        label={tip("Outline and search", "outline")}
        aria-pressed={side === "outline"}
        onClick={() => onShow("outline")}
      >
        {side === "outline" ? <ListTree /> : <Search />}
      </IconButton>
      <Button onClick={onAdd} title={tip("Add a node", "add")}>
        <Plus /> Add node
      </Button>
      <Button
        aria-pressed={side === "chat"}
        className={cn(side === "chat" && "bg-hover")}
        onClick={() => onShow("chat")}
      >
        <MessageCircle /> Chat
      </Button>
      <Button variant="primary" onClick={onRun} title={tip("Run", "run")}>
        <Play /> Run
      </Button>
    </header>
  );
}

function Problems({ onShow }: { onShow: () => void }) {
  const count = useDocument(
    (state) => Object.values(state.nodes).filter((node) => node.warnings?.length).length,
  );
  if (!count) return null;
  return (
    <Button variant="ghost" size="sm" className="text-warn" onClick={onShow}>
      <TriangleAlert /> {count} unfinished
    </Button>
  );
}
