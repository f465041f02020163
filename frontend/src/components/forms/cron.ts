/** Cron lines as a person says them: what is usual has a form of its own, everything else five fields. Pure. */
import { t } from "@lingui/core/macro";
export type Every = "minutes" | "hourly" | "daily" | "weekly" | "monthly" | "fields";

export interface Times {
  every: Every;
  /** Of `minutes`: every so many. */
  step: number;
  minute: number;
  hour: number;
  /** 0 is Sunday. */
  weekdays: number[];
  day: number;
  /** The line as five fields, for `fields`. */
  fields: string[];
}

export const dayNames = () => [
  t`Sunday`,
  t`Monday`,
  t`Tuesday`,
  t`Wednesday`,
  t`Thursday`,
  t`Friday`,
  t`Saturday`,
];
export const fieldNames = () => [t`Minute`, t`Hour`, t`Day of month`, t`Month`, t`Day of week`];
/** Steps that come at the same distance over the hour. */
export const STEPS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];

const within = (text: string, from: number, to: number): number | null =>
  /^\d{1,2}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : null;

export function timesOf(line: string): Times {
  const parts = line.trim() ? line.trim().split(/\s+/) : ["0", "8", "*", "*", "*"];
  // one that is being written may have empty parts
  const written = line.split(" ");
  const fields = written.length === 5 ? written : [...parts.slice(0, 4), parts.slice(4).join(" ")];
  const found: Times = { every: "fields", step: 15, minute: 0, hour: 8, weekdays: [1], day: 1, fields };
  const [m, h, day, month, weekday] = parts as [string, string, string, string, string];
  if (parts.length !== 5 || month !== "*") return found;
  const minute = within(m, 0, 59);
  const hour = within(h, 0, 23);
  const step = m === "*" ? 1 : Number(/^\*\/(\d+)$/.exec(m)?.[1] ?? 0);
  if (STEPS.includes(step) && h === "*" && day === "*" && weekday === "*")
    return { ...found, every: "minutes", step };
  if (minute === null) return found;
  if (h === "*" && day === "*" && weekday === "*") return { ...found, every: "hourly", minute };
  if (hour === null) return found;
  if (day === "*" && weekday === "*") return { ...found, every: "daily", minute, hour };
  const weekdays = weekdaysOf(weekday);
  if (day === "*" && weekdays) return { ...found, every: "weekly", minute, hour, weekdays };
  const on = within(day, 1, 31);
  if (on !== null && weekday === "*") return { ...found, every: "monthly", minute, hour, day: on };
  return found;
}

/** The days that a field names by numbers, lists and ranges; null for anything else. */
function weekdaysOf(text: string): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const range = /^([0-7])(?:-([0-7]))?$/.exec(part);
    if (!range) return null;
    const from = Number(range[1]);
    const to = Number(range[2] ?? from);
    if (to < from) return null;
    for (let day = from; day <= to; day += 1) found.add(day % 7);
  }
  return [...found].sort((a, b) => a - b);
}

export function lineOf({ every, step, minute, hour, weekdays, day, fields }: Times): string {
  switch (every) {
    case "minutes":
      return step === 1 ? "* * * * *" : `*/${step} * * * *`;
    case "hourly":
      return `${minute} * * * *`;
    case "daily":
      return `${minute} ${hour} * * *`;
    case "weekly":
      return `${minute} ${hour} * * ${weekdays.join(",") || "1"}`;
    case "monthly":
      return `${minute} ${hour} ${day} * *`;
    case "fields":
      return fields.slice(1).some(Boolean) ? fields.join(" ") : (fields[0] ?? "");
  }
}

/** The offset of a local time in words, such as `+02:00`. */
export function offsetOf(local: string): string {
  return /([+-]\d\d:\d\d)$/.exec(local)?.[1] ?? "UTC";
}

/** `2026-03-29T03:00:00+02:00` as `Sun 29 Mar 2026, 03:00`, on the clock that it states. */
export function clockOf(local: string): string {
  const at = new Date(`${local.slice(0, 19)}Z`);
  const day = at.toLocaleDateString("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  const seconds = local.slice(17, 19);
  return `${day}, ${local.slice(11, 16)}${seconds === "00" ? "" : `:${seconds}`}`;
}
