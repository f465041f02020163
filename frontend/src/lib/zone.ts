/** The time zone of the person, in which times are shown; until it is known, the browser's. */
import { useSyncExternalStore } from "react";

export const zoneHere = () => new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

let shownIn: string | undefined;
const listeners = new Set<() => void>();

/** From now on show times in this zone; undefined, or one that the browser does not know: in its own. */
export function showIn(zone: string | undefined): void {
  const next = zone && isKnown(zone) ? zone : undefined;
  if (next === shownIn) return;
  shownIn = next;
  for (const changed of listeners) changed();
}

export const zoneNow = () => shownIn ?? zoneHere();

export function useZone(): string {
  return useSyncExternalStore(listen, zoneNow);
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

function isKnown(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

/** The moment at which a day, such as 2026-05-01, or the one so many days later begins in a zone. */
export function dayStart(day: string, zone: string, later = 0): Date {
  const [year, month, date] = day.split("-").map(Number);
  const wanted = Date.UTC(year!, month! - 1, date! + later);
  // the offset at the day's beginning is found from that of a moment nearby: clocks may change in between
  const near = wanted - offset(wanted, zone);
  return new Date(wanted - offset(near, zone));
}

/** Milliseconds by which the clocks of a zone are ahead of UTC. */
function offset(at: number, zone: string): number {
  const clock = new Date(at).toLocaleString("sv-SE", { timeZone: zone });
  return Date.parse(`${clock.replace(" ", "T")}Z`) - at;
}
