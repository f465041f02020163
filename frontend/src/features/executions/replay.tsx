import { t } from "@lingui/core/macro";
import "@xyflow/react/dist/base.css";
import { useQuery } from "@tanstack/react-query";
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { get } from "@/api/client";
import type { WorkflowEdge } from "@/api/types";
import { Failure, Loading } from "@/components/ui/misc";
import { useNodeTypes } from "../workflows/queries";
import { Canvas } from "../editor/canvas";
import { EditorContext, type Editor } from "../editor/context";
import type { Note } from "../editor/notes";
import { ranAs, type Ran } from "../editor/ran";
import { useReveal } from "../editor/reveal";
import { createRuns } from "../editor/runs";
import { EditorDocument } from "../editor/store";
import { StepResult } from "./step-result";

interface Shown {
  execution_id: string;
  version: number | null;
  nodes: Ran[];
  edges: WorkflowEdge[];
  notes: Note[];
}

/** An execution on the graph that it ran, whatever the draft looks like by now. */
export function Replay({ id, slug, mark }: { id: string; slug: string; mark: string }) {
  const { data: types } = useNodeTypes();
  const { data, error, refetch } = useQuery({
    queryKey: ["execution", id, "graph", mark],
    queryFn: ({ signal }) => get<Shown>(`executions/${id}/graph/`, {}, signal),
    placeholderData: (before) => before,
  });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data || !types) return <Loading label={t`Reading the graph`} />;
  return (
    <ReactFlowProvider key={`${data.execution_id} ${data.version}`}>
      <Drawn shown={data} slug={slug} types={types} mark={mark} />
    </ReactFlowProvider>
  );
}

interface DrawnProps {
  shown: Shown;
  slug: string;
  types: Editor["types"];
  mark: string;
}

/** The graph stays as it is looked at; what becomes of its steps changes on it. */
function Drawn({ shown, slug, types, mark }: DrawnProps) {
  const reveal = useReveal();
  const [selected, setSelected] = useState<string[]>([]);
  const [editor] = useState<Editor>(() => ({
    slug,
    types,
    runs: createRuns(),
    document: documentOf(slug, shown),
  }));
  useEffect(() => {
    const ran = shown.nodes.filter((node) => node.run);
    editor.runs.setState({ nodes: Object.fromEntries(ran.map((node) => [node.node_id, ranAs(node)])) });
  }, [editor, shown]);
  const find = (id: string | undefined) => shown.nodes.find((node) => node.node_id === id);
  const chosen = selected.length === 1 && find(selected[0]);
  const close = () => setSelected([]);
  const inspected = (id: string) => {
    const node = find(id);
    if (node) reveal({ x: node.position_x, y: node.position_y });
  };
  return (
    <EditorContext value={editor}>
      <div
        role="presentation"
        className="flex h-96 overflow-hidden rounded-lg border border-line"
        // the wheel scrolls the page; with Ctrl it zooms
        onWheelCapture={(event) => {
          if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
        }}
        onKeyDown={({ key }) => key === "Escape" && close()}
      >
        <div className="min-w-0 grow">
          <Canvas selected={selected} onSelect={setSelected} onInspect={inspected} />
        </div>
        {chosen && (
          <StepResult
            key={chosen.node_id}
            id={shown.execution_id}
            node={chosen}
            mark={mark}
            onClose={close}
          />
        )}
      </div>
    </EditorContext>
  );
}

function documentOf(slug: string, { nodes, edges, notes }: Shown): EditorDocument {
  const complete = nodes.map((node) => ({ ...node, id: 0, revision: 0, warnings: [] }));
  return new EditorDocument({
    slug,
    me: "",
    nodes: complete,
    edges,
    notes,
    readOnly: true,
    onRefused: () => {},
  });
}
