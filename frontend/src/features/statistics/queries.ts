import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { components } from "@/api/schema";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { everyDay } from "@/lib/days";

type Stats = components["schemas"]["Stats"];
export type Day = components["schemas"]["Day"];

const NONE: Omit<Day, "date"> = {
  runs: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  average_ms: null,
  longest_ms: null,
  total_tokens: 0,
  total_cost_usd: "0",
};

/** How a workflow fared in the last so many days, each of them; read again when a run has ended. */
export function useStats(slug: string, days: number) {
  useFresh(["stats", slug], ofWorkflows([slug]), ({ type }) => type.startsWith("execution_"), 2000);
  return useQuery({
    queryKey: ["stats", slug, days],
    queryFn: async ({ signal }) => {
      const found = await get<Stats>(`workflows/${slug}/stats/`, { days }, signal);
      return { ...found, days: everyDay(found.since, found.days, days, NONE) };
    },
    placeholderData: keepPreviousData,
  });
}
