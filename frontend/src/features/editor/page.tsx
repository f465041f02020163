import { t } from "@lingui/core/macro";
import "@xyflow/react/dist/base.css";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { useStore } from "zustand";
import { get } from "@/api/client";
import { tell } from "@/app/queries";
import { useMe } from "@/app/session";
import { Failure, Loading } from "@/components/ui/misc";
import { later, onHope, socket, useChannel } from "@/lib/live";
import type { LiveEvent } from "@/lib/socket";
import { useNodeTypes, type Graph } from "../workflows/queries";
import { EditorContext, useDocument, type Editor } from "./context";
import { following } from "./following";
import { Gone } from "./gone";
import { Journal } from "./journal";
import type { Note } from "./notes";
import { Presence } from "./presence";
import { newest, read } from "./ran";
import { Reported } from "./report";
import { createRuns, join, takeUp } from "./runs";
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
  if (workflow.data && types && me)
    return (
      <ReactFlowProvider key={slug}>
        <Opened slug={slug} graph={workflow.data} types={types} me={me.username} />
      </ReactFlowProvider>
    );
  const error = workflow.error ?? typesError;
  if (error)
    return (
      <>
        <Failure error={error} retry={() => void workflow.refetch()} />
        <Link to="/" className="mx-4 text-accent underline">
          {t`To the workflows`}
        </Link>
      </>
    );
  return <Loading label={t`Opening the workflow`} />;
}

interface OpenedProps {
  slug: string;
  graph: Graph;
  types: Editor["types"];
  me: string;
}

function Opened({ slug, graph, types, me }: OpenedProps) {
  const client = useQueryClient();
  const [editor] = useState<Editor>(() => ({
    slug,
    types,
    runs: createRuns(),
    document: opened(slug, me, graph),
    presence: new Presence({
      tell: (where) => socket.tell({ type: "presence", channel: `workflow:${slug}`, ...where }),
      later,
      now: () => performance.now(),
    }),
  }));
  const hearOthers = (event: LiveEvent) => {
    if (event.type === "presence") return editor.presence?.heard(event);
    editor.document.heard(event);
    join(editor.runs, event);
    if (event.type === "workflow_updated") {
      void client.invalidateQueries({ queryKey: ["workflow", slug] });
      if (event.data.deleted) editor.document.stop(t`${String(event.data.actor)} has deleted it.`);
    }
  };
  useChannel(`workflow:${slug}`, hearOthers, graph.seq); // from where it was read
  const [hear] = useState(() => following(editor.runs));
  const executionId = useStore(editor.runs, (state) => state.executionId);
  // mostly from its beginning: a quick run is over before its id is known here
  const since = useStore(editor.runs, (state) => state.since);
  useChannel(executionId && `execution:${executionId}`, hear, since);
  useEffect(() => {
    const lastOfMine = async () => {
      const found = await newest(slug, me);
      if (found) takeUp(editor.runs, { executionId: found, ...(await read(found)) });
    };
    void lastOfMine().catch(() => {}); // there may be none by now, and the next one is followed anyway
  }, [editor, me, slug]);
  useEffect(() => {
    editor.presence?.start();
    return () => editor.presence?.stop();
  }, [editor]);
  useEffect(
    () =>
      onHope(() => {
        editor.document.hurry();
        editor.presence?.again();
      }),
    [editor],
  );
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      const { saving, kept } = editor.document.store.getState();
      const isAway = saving === "offline" || saving === "signed-out";
      if (!kept || (isAway && editor.document.isBusy())) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, [editor]);
  return (
    <EditorContext value={editor}>
      <Shown />
    </EditorContext>
  );
}

function Shown() {
  const gone = useDocument((state) => state.gone);
  if (gone !== null) return <Gone why={gone} />;
  return (
    <Reported>
      <Workbench />
    </Reported>
  );
}

function opened(slug: string, me: string, graph: Graph): EditorDocument {
  return new EditorDocument({
    slug,
    me,
    nodes: graph.nodes,
    edges: graph.edges,
    notes: graph.notes as Note[],
    readOnly: graph.role === "viewer",
    journal: new Journal(me, graph.id, localStorage),
    onRefused: tell,
    onLost: (name, actor, back) =>
      toast.warning(t`${actor} has deleted "${name}", on which you worked.`, {
        duration: 30_000,
        action: { label: t`Bring it back`, onClick: back },
      }),
  });
}
