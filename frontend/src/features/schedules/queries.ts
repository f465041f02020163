import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import type { Page } from "@/api/types";

export type Schedule = components["schemas"]["Schedule"];
type Run = components["schemas"]["Run"];
type Fires = components["schemas"]["Fires"];
export const SIZE = 50;
const NEXT = 5;

interface Wanted {
  status?: string;
  workflow?: string;
  q?: string;
  page?: number;
}

export function useSchedules({ status, workflow, q, page = 0 }: Wanted) {
  return useQuery({
    queryKey: ["schedules", { status, workflow, q, page }],
    queryFn: ({ signal }) =>
      get<Page<Schedule>>(
        "schedules/",
        { status, workflow_slug: workflow, q, limit: SIZE, offset: page * SIZE },
        signal,
      ),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: true,
  });
}

/** The schedules that start one trigger; its own first. */
export function useNodeSchedules(slug: string, nodeId: string, enabled: boolean) {
  return useQuery({
    queryKey: ["schedules", { workflow: slug, node: nodeId }],
    queryFn: async ({ signal }) => {
      const query = { workflow_slug: slug, trigger_node_id: nodeId, limit: 200 };
      const { items } = await get<Page<Schedule>>("schedules/", query, signal);
      return items.sort((one, other) => Number(other.of_node) - Number(one.of_node));
    },
    enabled,
  });
}

export function useNodeDeed(slug: string, nodeId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (what: "start" | "pause" | "stop") =>
      post<Schedule>(`workflows/${slug}/nodes/${nodeId}/schedule/${what}/`),
    onSettled: () => client.invalidateQueries({ queryKey: ["schedules"] }),
    meta: { quiet: true },
  });
}

export function useRuns(id: number) {
  return useQuery({
    queryKey: ["schedule-runs", id],
    queryFn: ({ signal }) => get<Page<Run>>(`schedules/${id}/runs/`, { limit: 10 }, signal),
  });
}

/** The next times by its rule, as the clock of its zone shows them. */
export function useNextFires({ interval_seconds, cron, timezone }: Schedule) {
  const rule = { interval_seconds, cron, timezone, count: NEXT };
  return useQuery({
    queryKey: ["schedule-fires", rule],
    queryFn: () => post<Fires>("schedules/preview/", cron ? { ...rule, interval_seconds: null } : rule),
    staleTime: 30_000,
  });
}

export function useDeed() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, what }: { id: number; what: "pause" | "resume" | "run-now" }) =>
      post<unknown>(`schedules/${id}/${what}/`, undefined, { once: true }),
    onSettled: (_result, _error, { id }) => {
      void client.invalidateQueries({ queryKey: ["schedule-runs", id] });
      return client.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
}
