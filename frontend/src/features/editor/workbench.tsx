import { t } from "@lingui/core/macro";
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
  Undo2,
} from "lucide-react";
import { useCallback, useState, type SetStateAction } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Empty } from "@/components/ui/misc";
import { cn } from "@/lib/cn";
import { motion } from "@/lib/motion";
import { keysOfPanels, useShortcuts, written, SHORTCUTS, type Command } from "@/lib/shortcuts";
import { AddPalette, useAdding, type Point } from "./adding";
import { Canvas } from "./canvas";
import { ChatPanel } from "./chat-panel";
import { Conflicts } from "./conflicts";
import { ConnectDialog } from "./connect-dialog";
import { ContextMenu } from "./context-menu";
import { InspectContext, useDocument, useEditor, type Tab } from "./context";
import { KEYED, useDeeds } from "./deeds";
import { FindBar } from "./find-bar";
import { useFit } from "./fit";
import { Inspector } from "./inspector";
import { menuPlace } from "./menu-place";
import { Outline } from "./outline";
import { Avatars, Cursors } from "./people";
import { ReadOnly } from "./read-only";
import { RenameDialog } from "./rename-dialog";
import { Problems } from "./report";
import { useReveal } from "./reveal";
import { RunPanel, type RunSignal } from "./run-panel";
import { SaveState } from "./save-state";
import { aboutOf } from "./selection";
import { WorkflowMenu } from "./workflow-menu";

type Side = "run" | "chat" | "outline" | null;

/** Toolbar, canvas, and the panels around it. */
export function Workbench() {
  const { document } = useEditor();
  const flow = useReactFlow();
  const reveal = useReveal();
  const fit = useFit();
  const readOnly = useDocument((state) => state.readOnly);
  const nodes = useDocument((state) => state.nodes);
  const empty = Object.keys(nodes).length === 0;
  const [selected, setSelected] = useState<string[]>([]);
  const [side, setSide] = useState<Side>(null);
  const [tab, setTab] = useState<Tab>("config");
  /** Whether the inspector stands before the panel, which keeps what it holds. */
  const [isBefore, setBefore] = useState(false);
  const [runSignal, setRunSignal] = useState<RunSignal | null>(null);
  const [menu, setMenu] = useState<Point | null>(null);
  const [dialog, setDialog] = useState<{ kind: "rename" | "connect"; id: string } | null>(null);
  const [finding, setFinding] = useState(false);
  const [found, setFound] = useState<string[]>([]);
  const [writing, setWriting] = useState<string | null>(null);
  const palette = useAdding((id) => setSelected([id]));
  const deedsOf = useDeeds({
    selected,
    setSelected,
    palette,
    rename: (id) =>
      document.store.getState().notes[id] ? setWriting(id) : setDialog({ kind: "rename", id }),
    connect: (id) => setDialog({ kind: "connect", id }),
  });
  const only = selected.length === 1 ? (nodes[selected[0]!]?.node_id ?? null) : null;

  const focus = useCallback(
    (id: string) => {
      setSelected([id]);
      void flow.fitView({ nodes: [{ id }], maxZoom: 1, duration: motion(), padding: 1 });
    },
    [flow],
  );
  const inspect = useCallback(
    (id: string, on: Tab) => {
      setBefore(true);
      setTab(on);
      focus(id);
    },
    [focus],
  );
  const pick = useCallback((ids: SetStateAction<string[]>) => {
    setBefore(true);
    setSelected(ids);
  }, []);
  const inspected = (id: string) => {
    setBefore(true);
    const node = nodes[id];
    if (node) reveal({ x: node.position_x, y: node.position_y });
  };
  const isPanel = side === "run" || side === "chat";
  const hidden = only !== null && isBefore;
  const inspecting = only !== null && (isBefore || !isPanel);
  const show = (next: Side) => {
    setRunSignal(null);
    setSide(side === next && !hidden ? null : next);
    setBefore(false);
  };
  const run = () => {
    setRunSignal({ wasShown: side === "run" && !hidden });
    setSide("run");
    setBefore(false);
  };
  const leave = () => inspecting && setSelected([]);
  const pressed = (name: Command) => () => deedsOf()[name]?.();
  const now = deedsOf();
  useShortcuts({
    ...Object.fromEntries(KEYED.filter((name) => now[name]).map((name) => [name, pressed(name)])),
    menu: () => setMenu(menuPlace(selected)),
    find: () => setFinding(true),
    outline: () => show("outline"),
    zoomIn: () => void flow.zoomIn({ duration: motion() }),
    zoomOut: () => void flow.zoomOut({ duration: motion() }),
    fit,
    run,
    chat: () => show("chat"),
  });
  const close = () => setDialog(null);
  const stopFinding = () => {
    setFinding(false);
    setFound([]);
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Toolbar
        side={side}
        onShow={show}
        onRun={run}
        onAdd={pressed("add")}
        undo={pressed("undo")}
        redo={pressed("redo")}
        tidy={pressed("tidy")}
        onFind={() => setFinding(true)}
      />
      <div className="relative flex min-h-0 grow">
        {side === "outline" && (
          <Outline selected={selected} onPick={focus} onClose={() => setSide(null)} deedsOf={deedsOf} />
        )}
        <div className="relative min-w-0 grow">
          <InspectContext value={inspect}>
            <Canvas
              selected={selected}
              onSelect={pick}
              onInspect={inspected}
              onLooseEnd={(end, at, screen) => palette.setAdding({ end, at, screen })}
              onDrop={palette.drop}
              onMenu={setMenu}
              found={found}
              writing={writing}
              onWrite={setWriting}
            />
          </InspectContext>
          <Cursors selected={only} />
          {finding && <FindBar onFound={setFound} onShow={focus} onClose={stopFinding} />}
          {empty && !readOnly && !palette.adding && <Begin onAdd={pressed("add")} />}
          {palette.adding && (
            <AddPalette adding={palette.adding} onPick={palette.pick} onClose={palette.close} />
          )}
        </div>
        <div role="presentation" className="contents" onKeyDown={(event) => keysOfPanels(event, leave)}>
          {inspecting && (
            <Inspector
              nodeId={only}
              tab={tab}
              onTab={setTab}
              onBack={isPanel ? () => setBefore(false) : undefined}
              onClose={() => setSelected([])}
              onRenamed={(id) => setSelected([id])}
            />
          )}
          {side === "chat" && <ChatPanel hidden={hidden} onClose={() => setSide(null)} />}
          {side === "run" && (
            <RunPanel hidden={hidden} signal={runSignal} onClose={() => setSide(null)} onShowNode={inspect} />
          )}
        </div>
      </div>
      {menu && (
        <ContextMenu
          about={aboutOf(document.store.getState(), selected)}
          deeds={now}
          screen={menu}
          at={flow.screenToFlowPosition(menu)}
          onClose={() => setMenu(null)}
        />
      )}
      {dialog?.kind === "rename" && <RenameDialog nodeId={dialog.id} onClose={close} />}
      {dialog?.kind === "connect" && <ConnectDialog nodeId={dialog.id} onClose={close} />}
    </div>
  );
}

function Begin({ onAdd }: { onAdd: () => void }) {
  return (
    <div className="pointer-events-none absolute inset-0 grid place-items-center">
      <div className="pointer-events-auto rounded-xl border border-line bg-panel">
        <Empty icon={<Plus />} title={t`An empty canvas`}>
          <p className="mb-3">
            {t`Begin with what starts the workflow: a chat message, a webhook, a clock, a click.`}
          </p>
          <Button variant="primary" onClick={onAdd}>
            {t`Add a trigger`}
          </Button>
        </Empty>
      </div>
    </div>
  );
}

interface ToolbarProps {
  side: Side;
  onShow: (side: Side) => void;
  onRun: () => void;
  onAdd: () => void;
  undo: () => void;
  redo: () => void;
  tidy: () => void;
  onFind: () => void;
}

function Toolbar({ side, onShow, onRun, onAdd, undo, redo, tidy, onFind }: ToolbarProps) {
  const { slug } = useEditor();
  const fit = useFit();
  const readOnly = useDocument((state) => state.readOnly);
  const canUndo = useDocument((state) => state.past.length > 0);
  const canRedo = useDocument((state) => state.future.length > 0);
  const tip = (command: Command) =>
    `${SHORTCUTS[command].label()} (${written(SHORTCUTS[command].keys[0]!).join(" ")})`;
  return (
    <header className="flex flex-wrap items-center gap-1 border-b border-line bg-panel px-2 py-1.5">
      <div className="flex min-w-0 grow basis-80 items-center gap-1">
        <Link to="/" className="px-1 text-muted hover:text-ink max-sm:hidden">
          {t`Workflows`}
        </Link>
        <span className="text-muted max-sm:hidden">/</span>
        <WorkflowMenu slug={slug} />
        <SaveState />
        <Conflicts />
        <ReadOnly />
        <Problems onShow={() => onShow("run")} />
        <span className="grow" />
        <Avatars />
      </div>
      <div className="flex items-center gap-1">
        {!readOnly && (
          <>
            <IconButton label={tip("undo")} disabled={!canUndo} onClick={undo}>
              <Undo2 />
            </IconButton>
            <IconButton label={tip("redo")} disabled={!canRedo} onClick={redo}>
              <Redo2 />
            </IconButton>
            <IconButton label={tip("tidy")} onClick={tidy}>
              <LayoutGrid />
            </IconButton>
          </>
        )}
        <IconButton label={tip("fit")} onClick={fit}>
          <Maximize />
        </IconButton>
        <IconButton
          label={tip("outline")}
          aria-pressed={side === "outline"}
          onClick={() => onShow("outline")}
        >
          <ListTree />
        </IconButton>
        <IconButton label={tip("find")} onClick={onFind}>
          <Search />
        </IconButton>
        {!readOnly && (
          <Button className="max-sm:px-2" onClick={onAdd} title={tip("add")}>
            <Plus /> <span className="max-sm:sr-only">{t`Add node`}</span>
          </Button>
        )}
        <Button
          aria-pressed={side === "chat"}
          className={cn("max-sm:px-2", side === "chat" && "bg-hover")}
          onClick={() => onShow("chat")}
        >
          <MessageCircle /> <span className="max-sm:sr-only">{t`Chat`}</span>
        </Button>
        <Button variant="primary" onClick={onRun} title={tip("run")}>
          <Play /> {t`Run`}
        </Button>
      </div>
    </header>
  );
}
