/** Hearing several channels at once, and reading again what they bring news of. */
import { useQueryClient, type QueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { socket } from "./live";
import type { Listener, LiveEvent } from "./socket";

/** A server closes a connection that sends more than 50 messages at once, and a new page leaves as many as it joins. */
const MOST_CHANNELS = 20;

/** Hear the events of these channels, of the first 20 of them, while the component is there. */
export function useChannels(channels: readonly string[], listener: Listener): void {
  const heard = useEffectEvent(listener);
  const wanted = [...new Set(channels)].slice(0, MOST_CHANNELS).sort().join(" ");
  useEffect(() => {
    const stops = wanted
      ? wanted.split(" ").map((channel) => socket.subscribe(channel, (event) => heard(event)))
      : [];
    return () => stops.forEach((stop) => stop());
  }, [wanted]);
}

/** Read what stands under a key again when there is news of it in a channel, or when news may have been missed. */
export function useFresh(
  key: QueryKey,
  channels: readonly string[],
  isNews: (event: LiveEvent) => boolean,
  ms?: number,
): void {
  const client = useQueryClient();
  useChannels(channels, (event) => {
    if (event.type === "resync" || isNews(event)) refreshSoon(client, key, ms);
  });
}

const waiting = new Set<string>();

/** Read it again once for a burst of calls, whoever calls. What is under way comes first: aborted by each new event, an
 * answer slower than they are would never come. */
export function refreshSoon(client: QueryClient, queryKey: QueryKey, ms = 1000): void {
  const name = JSON.stringify(queryKey);
  if (waiting.has(name)) return;
  waiting.add(name);
  setTimeout(() => {
    waiting.delete(name);
    if (client.isFetching({ queryKey })) refreshSoon(client, queryKey, ms);
    else void client.invalidateQueries({ queryKey });
  }, ms);
}

/** The channels of workflows, each of which tells of its executions, tasks, schedules and deliveries. */
export const ofWorkflows = (slugs: readonly string[]) => slugs.map((slug) => `workflow:${slug}`);
