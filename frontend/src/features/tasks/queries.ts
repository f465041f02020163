import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { Page, Task } from "@/api/types";
import { useMe } from "@/app/session";
import { useChannel } from "@/lib/live";

/** The caller's tasks; fresh by live events of the person's own channel. */
export function useTasks(status: "pending" | "all" = "pending") {
  const client = useQueryClient();
  const { data: me } = useMe();
  useChannel(me ? `user:${me.id}` : null, (event) => {
    if (event.type === "task_updated" || event.type === "resync")
      void client.invalidateQueries({ queryKey: ["tasks"] });
  });
  return useQuery({
    queryKey: ["tasks", status],
    queryFn: ({ signal }) => get<Page<Task>>("tasks/", { status, kind: "approval", limit: 100 }, signal),
    refetchOnWindowFocus: true,
  });
}

export function useRespond() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      ...answer
    }: {
      id: number;
      decision: "confirmed" | "cancelled";
      comment?: string;
      data?: unknown;
    }) => post<Task>(`tasks/${id}/respond/`, answer),
    onSettled: (_result, _error, { id }) => {
      void client.invalidateQueries({ queryKey: ["tasks"] });
      void client.invalidateQueries({ queryKey: ["execution"] });
      return client.invalidateQueries({ queryKey: ["task", id] });
    },
  });
}
