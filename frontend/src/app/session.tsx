/** Who is signed in, and the live connection that goes with it. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { apiKey, dropKey, hasSession, isRemembered, keepKey, onKeyChange } from "@/api/auth";
import { get, post } from "@/api/client";
import type { User } from "@/api/types";
import { socket } from "@/lib/live";
import { showIn } from "@/lib/zone";
import { queryClient } from "./queries";

export function useSignedIn(): boolean {
  return useSyncExternalStore(onKeyChange, hasSession);
}

/** Whether the key has ended while somebody worked: they sign in again, and go on. */
export function useKeyEnded(): boolean {
  return useSyncExternalStore(onKeyChange, () => hasSession() && apiKey() === null);
}

export function useMe() {
  return useQuery({ queryKey: ["me"], queryFn: () => get<User>("auth/me/"), staleTime: Infinity });
}

export async function signIn(username: string, password: string, remember: boolean): Promise<void> {
  const { key } = await post<{ key: string }>("auth/token/", { username, password });
  queryClient.clear();
  keepKey(key, remember);
}

/** Go on with another key: what is on the page stays. */
export async function signInAgain(username: string, password: string): Promise<void> {
  const { key } = await post<{ key: string }>("auth/token/", { username, password });
  keepKey(key, isRemembered());
  await queryClient.invalidateQueries();
}

export async function signOut(): Promise<void> {
  try {
    await post("auth/logout/");
  } finally {
    dropKey();
    queryClient.clear();
  }
}

/** Shows times in the zone of who is signed in. */
export function useOwnZone(): void {
  const { data: me } = useMe();
  useEffect(() => showIn(me?.timezone), [me?.timezone]);
}

/** Keeps the socket open while somebody is signed in. */
export function useLiveSession(): void {
  const signedIn = useSignedIn();
  useEffect(() => {
    if (!signedIn) return;
    socket.start();
    return () => socket.stop();
  }, [signedIn]);
}
