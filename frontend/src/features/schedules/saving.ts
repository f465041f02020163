/** What makes, changes and deletes schedules. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patch, post } from "@/api/client";
import type { Schedule } from "./queries";

export type Change = Record<string, unknown>;

function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["schedules"] });
}

/** Create a schedule, or change the one with that id. */
export function useSave(id: number | null) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (fields: Change) =>
      id === null ? post<Schedule>("schedules/", fields) : patch<Schedule>(`schedules/${id}/`, fields),
    onSuccess: refresh,
    meta: { quiet: true },
  });
}

/** Delete several, all or none. */
export function useDeleteAll() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (ids: number[]) => post("schedules/batch-delete/", { ids }),
    onSettled: refresh,
  });
}
