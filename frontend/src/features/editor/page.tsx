import "@xyflow/react/dist/base.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { get } from "@/api/client";
import type { WorkflowNode } from "@/api/types";
import { tell } from "@/app/queries";
import { useMe } from "@/app/session";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Code, Failure, Loading } from "@/components/ui/misc";
import { useChannel } from "@/lib/live";
import { useNodeTypes, type Graph } from "../workflows/queries";
import { EditorContext, useDocument, useEditor, type Editor } from "./context";
import { createRuns, heard } from "./runs";
import { EditorDocument } from "./store";
import { Workbench } from "./workbench";

export function EditorPage() {
  const { slug } = useParams({ from: "/inside/workflows/$slug" });
  const { data: types, error: typesError } = useNodeTypes();
  const { data: me } = useMe();
  // read anew each time that the page opens: the document is edited, not cached
  const workflow = useQuery({
    queryKey: ["editor", slug],
    queryFn: () => get<Graph>(`workflows/${slug}/`),
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const error = workflow.error ?? typesError;
  if (error) return <Failure error={error} retry={() => void workflow.refetch()} />;
  if (!workflow.data || !types || !me) return <Loading label="Opening the workflow" />;
  return (
    <ReactFlowProvider key={slug}>
      <Opened slug={slug} graph={workflow.data} types={types} me={me.username} />
    </ReactFlowProvider>
  );
}

function Opened({
  slug,
  graph,
  types,
  me,
}: {
  slug: string;
  graph: Graph;
  types: Editor["types"];
  me: string;
}) {
  const client = useQueryClient();
  const [gone, setGone] = useState(false);
  const [editor] = useState<Editor>(() => ({
    slug,
    types,
    runs: createRuns(),
    document: new EditorDocument({ slug, me, nodes: graph.nodes, edges: graph.edges, onRefused: tell }),
  }));
  useChannel(`workflow:${slug}`, (event) => {
    editor.document.heard(event);
    if (event.type === "workflow_updated") {
      void client.invalidateQueries({ queryKey: ["workflow", slug] });
      if (event.data.deleted) setGone(true);
    }
  });
  const executionId = useExecutionChannel(editor);
  // from its beginning: a quick run is over before its id is known here
  useChannel(executionId && `execution:${executionId}`, (event) => heard(editor.runs, event), "0");
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (editor.document.isBusy()) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => {
      window.removeEventListener("beforeunload", leaving);
      editor.document.close();
    };
  }, [editor]);
  return (
    <EditorContext value={editor}>
      {gone && (
        <p role="alert" className="bg-bad/10 p-2 text-center text-bad">
          Somebody has deleted this workflow. What you see is not kept any more; copy what you need.
        </p>
      )}
      <Workbench />
      <ConflictDialog />
    </EditorContext>
  );
}

function useExecutionChannel(editor: Editor): string | null {
  const [id, setId] = useState<string | null>(null);
  useEffect(() => editor.runs.subscribe((state) => setId(state.executionId)), [editor]);
  return id;
}

/** Two have changed the same node: both are shown, and one is chosen. */
function ConflictDialog() {
  const { document } = useEditor();
  const conflict = useDocument((state) => state.conflict);
  if (!conflict) return null;
  const { mine, theirs, actor } = conflict;
  return (
    <Dialog
      open
      className="w-[min(56rem,calc(100vw-2rem))]"
      onClose={() => document.settle("theirs")}
      title={`${actor} has changed "${mine.node_id}" meanwhile`}
      description="Your change was not saved. Choose which of the two to keep."
      footer={
        <>
          <Button onClick={() => document.settle("theirs")}>Take theirs</Button>
          <Button variant="primary" onClick={() => document.settle("mine")}>
            Keep mine
          </Button>
        </>
      }
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Side title="Mine" node={mine} />
        <Side title="Theirs" node={theirs} />
      </div>
    </Dialog>
  );
}

function Side({ title, node }: { title: string; node: WorkflowNode }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-semibold text-muted uppercase">{title}</h3>
      <Code>{JSON.stringify(node.config, null, 2)}</Code>
    </section>
  );
}
