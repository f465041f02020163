/** Hearing several channels at once, and answering a burst of events with one call. */
import { useEffect, useRef } from "react";
import { socket } from "./live";
import type { Listener } from "./socket";

/** A server closes a connection that sends more than 50 messages at once, and a new page leaves as many as it joins. */
export const MOST_CHANNELS = 20;

/** Hear the events of these channels, of the first 20 of them, while the component is there. */
export function useChannels(channels: readonly string[], listener: Listener): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  const wanted = [...new Set(channels)].slice(0, MOST_CHANNELS).sort().join(" ");
  useEffect(() => {
    const stops = wanted
      ? wanted.split(" ").map((channel) => socket.subscribe(channel, (event) => latest.current(event)))
      : [];
    return () => stops.forEach((stop) => stop());
  }, [wanted]);
}

/** A function that calls `call` once, `ms` milliseconds after the first of a burst of calls. */
export function useSoon(call: () => void, ms = 1000): () => void {
  const latest = useRef(call);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = call;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, ms);
  };
}
