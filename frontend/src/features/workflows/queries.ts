/** What pages ask of workflows, and what they do to them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, remove } from "@/api/client";
import type { components } from "@/api/schema";
import type { NodeType, Page, Workflow, WorkflowDetail, WorkflowEdge, WorkflowNode } from "@/api/types";
import { everyDay } from "@/lib/days";

export type Graph = Omit<WorkflowDetail, "nodes" | "edges"> & {
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
};

export const PAGE = 20;

export interface Filters {
  search?: string;
  tags?: string;
  active?: boolean;
  ordering?: string;
  limit?: number;
  offset?: number;
}

export function useWorkflows(filters: Filters) {
  return useQuery({
    queryKey: ["workflows", filters],
    queryFn: ({ signal }) => get<Page<Workflow>>("workflows/", { ...filters }, signal),
    placeholderData: (before) => before,
  });
}

const DAYS = 14;
const NONE = { runs: 0, failed: 0 };

/** Runs and failures of the last days, of all these workflows by one request. */
export function useRecentRuns(slugs: string[]) {
  return useQuery({
    queryKey: ["recent-runs", slugs],
    queryFn: async ({ signal }) => {
      const asked = { workflow_slugs: slugs.join(","), days: DAYS };
      const { since, items } = await get<components["schemas"]["RecentRuns"]>(
        "executions/stats/",
        asked,
        signal,
      );
      const found = new Map(items.map((item) => [item.workflow_slug, item.days]));
      return new Map(slugs.map((slug) => [slug, everyDay(since, found.get(slug) ?? [], DAYS, NONE)]));
    },
    enabled: slugs.length > 0,
    placeholderData: (before) => before,
  });
}

export function useWorkflow(slug: string) {
  return useQuery({
    queryKey: ["workflow", slug],
    queryFn: ({ signal }) => get<Graph>(`workflows/${slug}/`, {}, signal),
  });
}

/** The registry of node types; it changes only with the server. */
export function useNodeTypes() {
  return useQuery({
    queryKey: ["node-types"],
    queryFn: async () => {
      const types = await get<NodeType[]>("workflows/node-types/");
      return new Map(types.map((type) => [type.component_type, type]));
    },
    staleTime: Infinity,
  });
}

function useChange<Given, Result>(change: (given: Given) => Promise<Result>, quiet = false) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { quiet },
    onSettled: () => client.invalidateQueries({ queryKey: ["workflows"] }),
  });
}

export const useCreateWorkflow = () =>
  useChange((given: { name: string; description?: string }) => post<Workflow>("workflows/", given));
export const useDuplicateWorkflow = () =>
  useChange((slug: string) => post<Workflow>(`workflows/${slug}/duplicate/`));
export const useImportWorkflow = () =>
  useChange(
    (file: unknown) => post<components["schemas"]["Imported"]>("workflows/import/", file),
    true, // its dialog tells what is wrong
  );
export const useDeleteWorkflows = () =>
  useChange((slugs: string[]) =>
    slugs.length === 1 ? remove(`workflows/${slugs[0]}/`) : post("workflows/batch-delete/", { slugs }),
  );
export const useUpdateWorkflow = () =>
  useChange(({ slug, ...fields }: { slug: string } & Record<string, unknown>) =>
    patch<Workflow>(`workflows/${slug}/`, fields),
  );
