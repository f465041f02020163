/** The versions of a workflow: what they are, what changed between them, publishing and restoring. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import type { Page } from "@/api/types";
import { useFresh } from "@/lib/channels";
import type { LiveEvent } from "@/lib/socket";
import { changes } from "./changes";

export type Version = components["schemas"]["Version"];
export type Diff = components["schemas"]["Diff"];
export const DRAFT = "draft";
export const VERSIONS_PAGE = 50;

export function useVersions(slug: string, page: number) {
  return useQuery({
    queryKey: ["versions", slug, page],
    queryFn: ({ signal }) =>
      get<Page<Version>>(
        `workflows/${slug}/versions/`,
        { limit: VERSIONS_PAGE, offset: page * VERSIONS_PAGE },
        signal,
      ),
    placeholderData: (before) => before,
  });
}

/** What changed from a version to another, or to the draft. */
export function useDiff(slug: string, from: number | undefined, to: string) {
  return useQuery({
    queryKey: ["versions", slug, "diff", from, to],
    queryFn: ({ signal }) => get<Diff>(`workflows/${slug}/versions/${from}/diff/`, { to }, signal),
    enabled: from !== undefined && String(from) !== to,
  });
}

const isDrawn = ({ type, data }: LiveEvent) =>
  /^(node|edge|workflow)_/.test(type) && data.execution_id === undefined;

/** Whether the draft does something else than the version that is published, wherever its nodes stand; undefined while
 * that is not known. */
export function useDiffers(slug: string, published: number | null | undefined): boolean | undefined {
  useFresh(["versions", slug, "diff"], [`workflow:${slug}`], isDrawn);
  const { data } = useDiff(slug, published ?? undefined, DRAFT);
  if (!data) return undefined;
  const { added, removed, changed, connected, disconnected } = changes(data);
  return [added, removed, changed, connected, disconnected].some((list) => list.length > 0);
}

function useVersionDeed<Given, Result>(slug: string, deed: (given: Given) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deed,
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["versions", slug] });
      void client.invalidateQueries({ queryKey: ["workflows"] });
      return client.invalidateQueries({ queryKey: ["workflow", slug] });
    },
  });
}

/** Without a number: the draft. */
export const usePublish = (slug: string) =>
  useVersionDeed(slug, (given: { number?: number; note?: string }) =>
    post<Version>(`workflows/${slug}/versions/publish/`, given),
  );

export const useRestore = (slug: string) =>
  useVersionDeed(slug, (number: number) =>
    post<components["schemas"]["Restored"]>(`workflows/${slug}/versions/restore/`, { number }),
  );
