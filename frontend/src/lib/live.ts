/** The tab's socket, and what React needs of it. */
import { t } from "@lingui/core/macro";
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { apiKey, onKeyChange } from "@/api/auth";
import { post } from "@/api/client";
import { Socket, type Listener, type State } from "./socket";

export function later(call: () => void, ms: number): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

export const socket = new Socket({
  ticket: async () => {
    if (apiKey() === null) throw new Error(t`Nobody is signed in.`);
    return (await post<{ ticket: string }>("auth/ws-ticket/")).ticket;
  },
  open: (url) => new WebSocket(url),
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`,
  later,
  random: Math.random,
});

window.addEventListener("online", () => socket.hurry());
onKeyChange(() => socket.hurry());

/** Calls back when there is reason to hope that the server can be reached again, or takes us again. */
export function onHope(call: () => void): () => void {
  const stops = [
    onKeyChange(call),
    socket.watch((state) => state === "open" && call()),
    listening("online", call),
  ];
  return () => stops.forEach((stop) => stop());
}

function listening(type: string, call: () => void): () => void {
  window.addEventListener(type, call);
  return () => window.removeEventListener(type, call);
}

/** Hear the events of a channel while the component is there; null: of none. `since`: see `Socket.subscribe`. */
export function useChannel(channel: string | null, listener: Listener, since: string | null = null): void {
  const heard = useEffectEvent(listener);
  useEffect(() => {
    if (channel === null) return;
    return socket.subscribe(channel, (event) => heard(event), since);
  }, [channel, since]);
}

export function useConnection(): State {
  return useSyncExternalStore(
    (changed) => socket.watch(changed),
    () => socket.state,
  );
}
