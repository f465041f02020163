/** The tools that a past run has used, as its journal tells. */
import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Log, Page } from "@/api/types";
import type { ToolCall } from "./runs";

/** What the keys of such steps hold: `agent_1/tool[0.0]`. */
const OF_TOOLS = "/tool[";
const MOST = 50;

interface Said {
  message?: { data?: { content?: unknown; status?: string } };
}

/** A step of the journal as a call, if it is one that has ended. */
export function callOf({ step_key: key, final, status, input, output }: Log): ToolCall | null {
  const made = input as { name?: string; arguments?: unknown } | null;
  if (!final || !key.includes(OF_TOOLS) || !made?.name) return null;
  const said = (output as Said | null)?.message?.data;
  const outcome = said?.status === "error" ? "failed" : status;
  return { key, name: made.name, status: outcome, arguments: made.arguments, result: said?.content };
}

export function useCalled(executionId: string): ToolCall[] {
  const { data } = useQuery({
    queryKey: ["called", executionId],
    queryFn: ({ signal }) =>
      get<Page<Log>>(`executions/${executionId}/logs/`, { q: OF_TOOLS, limit: MOST }, signal),
    staleTime: Infinity,
  });
  return data?.items.flatMap((log) => callOf(log) ?? []) ?? [];
}
