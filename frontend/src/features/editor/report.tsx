/** What keeps the workflow from running, and what may be a slip, as the server's validation says. */
import { plural } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { createContext, use, useEffect, useMemo, type ReactNode } from "react";
import { post } from "@/api/client";
import type { Warning, WorkflowNode } from "@/api/types";
import { Button } from "@/components/ui/button";
import { useDocument, useEditor } from "./context";

interface Report {
  problems: Warning[];
  byNode: Map<string | undefined, Warning[]>;
}

const SOON_MS = 300;
const ReportContext = createContext<Report | null>(null);

/** Asks when the editor opens, and soon after each edit that is saved, whoever made it. */
export function Reported({ children }: { children: ReactNode }) {
  const { slug } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const saving = useDocument((state) => state.saving);
  const { data, refetch } = useQuery({
    queryKey: ["validate", slug],
    queryFn: () => post<{ errors: Warning[]; warnings: Warning[] }>(`workflows/${slug}/validate/`, {}),
    enabled: false,
    gcTime: 0,
  });
  useEffect(() => {
    if (saving !== "saved") return;
    const timer = setTimeout(() => void refetch(), SOON_MS);
    return () => clearTimeout(timer);
  }, [nodes, edges, saving, refetch]);
  const report = useMemo(() => {
    if (!data) return null;
    const problems = [...data.errors, ...data.warnings];
    return { problems, byNode: Map.groupBy(problems, (one) => one.node_id) };
  }, [data]);
  return <ReportContext value={report}>{children}</ReportContext>;
}

/** Null until it is known. */
export function useReport(): Report | null {
  return use(ReportContext);
}

const NONE: Warning[] = [];

/** What is unfinished about a node; until all is known, what its own config tells. */
export function useProblems({ node_id, warnings }: WorkflowNode): Warning[] {
  const report = useReport();
  return (report ? report.byNode.get(node_id) : warnings) ?? NONE;
}

/** How many nodes are unfinished. */
export function Problems({ onShow }: { onShow: () => void }) {
  const report = useReport();
  const own = useDocument(
    (state) => Object.values(state.nodes).filter((node) => node.warnings?.length).length,
  );
  const count = report ? [...report.byNode.keys()].filter(Boolean).length : own;
  if (!count) return null;
  return (
    <Button variant="ghost" size="sm" className="text-warn" onClick={onShow}>
      <TriangleAlert /> {plural(count, { one: "# unfinished", other: "# unfinished" })}
    </Button>
  );
}
