/** Conversations as the page asks for them. */
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import type { Page } from "@/api/types";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { useWorkflows } from "../workflows/queries";

export type Conversation = components["schemas"]["ConversationShape"];
type Detail = components["schemas"]["ConversationDetail"];

interface ConversationSearch {
  q?: string;
  workflow?: string;
  channel?: string;
  page?: number;
}

export const SIZE = 50;
const MESSAGES = 50;

/** A page of them; read again when a run of a workflow has begun or ended, since that is a turn. */
export function useConversations({ q, workflow, channel, page = 0 }: ConversationSearch) {
  const found = useQuery({
    queryKey: ["conversations", { q, workflow, channel, page }],
    queryFn: ({ signal }) =>
      get<Page<Conversation>>(
        "conversations/",
        { search: q, workflow_slug: workflow, channel, limit: SIZE, offset: page * SIZE },
        signal,
      ),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: true,
  });
  const { data: workflows } = useWorkflows({ limit: 200 });
  const shown = found.data?.items.map((one) => one.workflow_slug) ?? [];
  const all = workflows?.items.map((one) => one.slug) ?? [];
  useFresh(["conversations"], ofWorkflows([...shown, ...all]), ({ type }) => type.startsWith("execution_"));
  return found;
}

/** What was said, the latest first to come; `fetchNextPage` brings what was before. */
export function useTurns(id: string) {
  return useInfiniteQuery({
    queryKey: ["conversations", "one", id],
    queryFn: ({ pageParam, signal }) =>
      get<Detail>(`conversations/${id}/`, { limit: MESSAGES, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ messages }) => (messages.length === MESSAGES ? messages[0]!.id : undefined),
  });
}

export function useForget() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: string[]) => post("conversations/batch-delete/", { ids }),
    onSettled: () => client.invalidateQueries({ queryKey: ["conversations"] }),
  });
}
