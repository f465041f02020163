import { t } from "@lingui/core/macro";
import "@xyflow/react/dist/base.css";
import { useQuery } from "@tanstack/react-query";
import { ReactFlowProvider } from "@xyflow/react";
import { useState } from "react";
import { get } from "@/api/client";
import type { WorkflowEdge } from "@/api/types";
import { Code, Failure, Loading } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { duration, shown } from "@/lib/format";
import { useNodeTypes } from "../workflows/queries";
import { Canvas } from "../editor/canvas";
import { EditorContext, useRuns, type Editor } from "../editor/context";
import { ranAs, type Ran } from "../editor/ran";
import { createRuns } from "../editor/runs";
import { EditorDocument } from "../editor/store";

interface Shown {
  nodes: Ran[];
  edges: WorkflowEdge[];
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
    <ReactFlowProvider key={mark}>
      <Drawn shown={data} slug={slug} types={types} />
    </ReactFlowProvider>
  );
}

function Drawn({
  shown: { nodes, edges },
  slug,
  types,
}: {
  shown: Shown;
  slug: string;
  types: Editor["types"];
}) {
  const [selected, setSelected] = useState<string[]>([]);
  const [editor] = useState<Editor>(() => {
    const complete = nodes.map((node) => ({ ...node, id: 0, revision: 0, warnings: [] }));
    const runs = createRuns();
    runs.setState({
      nodes: Object.fromEntries(nodes.flatMap((node) => (node.run ? [[node.node_id, ranAs(node)]] : []))),
    });
    const onRefused = () => {};
    return {
      slug,
      types,
      runs,
      document: new EditorDocument({ slug, me: "", nodes: complete, edges, readOnly: true, onRefused }),
    };
  });
  return (
    <EditorContext value={editor}>
      <div
        className="flex h-96 overflow-hidden rounded-lg border border-line"
        // the wheel scrolls the page; with Ctrl it zooms
        onWheelCapture={(event) => {
          if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
        }}
      >
        <div className="min-w-0 grow">
          <Canvas selected={selected} onSelect={setSelected} />
        </div>
        {selected.length === 1 && <Result nodeId={selected[0]!} />}
      </div>
    </EditorContext>
  );
}

function Result({ nodeId }: { nodeId: string }) {
  const run = useRuns((state) => state.nodes[nodeId]);
  return (
    <aside
      aria-label={t`Step ${nodeId}`}
      className="w-80 shrink-0 overflow-auto border-l border-line bg-panel p-3"
    >
      <h3 className="mb-2 font-mono text-sm">{nodeId}</h3>
      {!run && <p className="text-muted">{t`It did not run.`}</p>}
      {run && (
        <div className="flex flex-col gap-2">
          <p className="flex items-center gap-2">
            <StatusBadge status={run.status} />{" "}
            <span className="text-muted">{duration(run.duration_ms)}</span>
          </p>
          {run.error && <p className="text-bad">{run.error}</p>}
          {run.output != null && <Code>{shown(run.output)}</Code>}
        </div>
      )}
    </aside>
  );
}
