import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { Page, Task } from "@/api/types";
import { useMe } from "@/app/session";
import { useFresh } from "@/lib/channels";
import type { LiveEvent } from "@/lib/socket";

interface Wanted {
  status?: string;
  kind?: string;
  workflow_slug?: string;
  limit?: number;
  offset?: number;
}

export const SOON_MS = 300;
export const isNews = ({ type }: LiveEvent) => type === "task_updated";

/** What waits for the caller, or what did; fresh by live events of the person's own channel. */
export function useTasks({ status = "pending", kind = "approval", ...more }: Wanted = {}) {
  const { data: me } = useMe();
  useFresh(["tasks"], me ? [`user:${me.id}`] : [], isNews, SOON_MS);
  const asked = { limit: 100, ...more, status, kind };
  return useQuery({
    queryKey: ["tasks", asked],
    queryFn: ({ signal }) => get<Page<Task>>("tasks/", asked, signal),
    refetchOnWindowFocus: true,
    placeholderData: keepPreviousData,
  });
}

function useAnswer<Given extends { id: number }>(path: string, quiet: boolean) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...answer }: Given) => post<Task>(`tasks/${id}/${path}/`, answer),
    onSettled: (_result, _error, { id }) => {
      void client.invalidateQueries({ queryKey: ["tasks"] });
      void client.invalidateQueries({ queryKey: ["execution"] });
      return client.invalidateQueries({ queryKey: ["task", id] });
    },
    meta: { quiet },
  });
}

/** What is wrong with an answer is said by the card itself. */
export const useRespond = () =>
  useAnswer<{ id: number; decision: "confirmed" | "cancelled"; comment?: string; data?: unknown }>(
    "respond",
    true,
  );

export const useDelegate = () => useAnswer<{ id: number; to: string; comment: string }>("delegate", true);
