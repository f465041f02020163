/** What pages ask of workflows, and what they do to them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, patch, post, remove } from "@/api/client";
import type { NodeType, Page, Workflow, WorkflowDetail, WorkflowEdge, WorkflowNode } from "@/api/types";

export type Graph = Omit<WorkflowDetail, "nodes" | "edges"> & {
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
};

export const PAGE = 50;

export function useWorkflows(filters: { search?: string; tags?: string; limit?: number; offset?: number }) {
  return useQuery({
    queryKey: ["workflows", filters],
    queryFn: ({ signal }) => get<Page<Workflow>>("workflows/", filters, signal),
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

function useChange<Given, Result>(change: (given: Given) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: ["workflows"] }),
  });
}

export const useCreateWorkflow = () =>
  useChange((given: { name: string; description?: string }) => post<Workflow>("workflows/", given));
export const useDuplicateWorkflow = () =>
  useChange((slug: string) => post<Workflow>(`workflows/${slug}/duplicate/`));
export const useImportWorkflow = () =>
  useChange((file: unknown) => post<{ workflow: Workflow }>("workflows/import/", file));
export const useDeleteWorkflows = () =>
  useChange((slugs: string[]) =>
    slugs.length === 1 ? remove(`workflows/${slugs[0]}/`) : post("workflows/batch-delete/", { slugs }),
  );
export const useUpdateWorkflow = () =>
  useChange(({ slug, ...fields }: { slug: string } & Record<string, unknown>) =>
    patch<Workflow>(`workflows/${slug}/`, fields),
  );
