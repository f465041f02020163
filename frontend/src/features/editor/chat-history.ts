/** What was said before: the latest conversation of the person with the workflow, as the server keeps it. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { components } from "@/api/schema";
import { UNFINISHED } from "../executions/queries";
import type { Speaker } from "./bubble";
import type { ToolCall } from "./runs";

export type Turn = components["schemas"]["Message"];

export interface Message {
  by: Speaker;
  text: string;
  /** The run that it is the answer of, and the tools that were used in it. */
  executionId?: string;
  tools?: ToolCall[];
}

export interface Past {
  conversation: string | undefined;
  messages: Message[];
  /** How many came before these. */
  more: number;
  /** The run that has not answered yet. */
  open: string | null;
}

const MOST = 200;

export const NO_PAST: Past = { conversation: undefined, messages: [], more: 0, open: null };

export function spokenBy({ role, status }: Turn): Speaker {
  if (role === "human") return "you";
  return status === "completed" ? "workflow" : "error";
}

export function pastOf({ conversation_id, items, total }: components["schemas"]["History"]): Past {
  const last = items.at(-1);
  return {
    conversation: conversation_id ?? undefined,
    messages: items.map((one) => ({
      by: spokenBy(one),
      text: one.content || (one.role === "ai" ? t`(no answer)` : ""),
      executionId: one.role === "ai" ? one.execution_id : undefined,
    })),
    more: total - items.length,
    open: last?.role === "human" && UNFINISHED.has(last.status) ? last.execution_id : null,
  };
}

/** Read once, when the panel opens. */
export function usePast(slug: string) {
  return useQuery({
    queryKey: ["chat-history", slug],
    queryFn: async ({ signal }) =>
      pastOf(
        await get<components["schemas"]["History"]>(
          `workflows/${slug}/chat/history/`,
          { limit: MOST },
          signal,
        ),
      ),
    staleTime: Infinity,
    gcTime: 0,
  });
}
