/** How values are shown to people. */
import { t } from "@lingui/core/macro";
import { zoneNow } from "./zone";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function ago(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, size] of UNITS)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  if (Math.abs(seconds) >= 10) return relative.format(Math.round(seconds), "second");
  return seconds > 0 ? t`in a moment` : t`just now`;
}

/** When something is to come; what is late comes as soon as it can. */
export function until(iso: string, now = Date.now()): string {
  return ago(new Date(Math.max(Date.parse(iso), now + 1)).toISOString(), now);
}

/** What an execution ran: a numbered version, or a part of the graph that was made to run one node. */
export function versionName(number: number | null): string {
  return number === null ? t`one node alone` : t`version ${number}`;
}

/** Enough of an id to tell it from its neighbours. */
export const shortId = (id: string) => id.slice(0, 8);

export function moment(iso: string, timeZone = zoneNow()): string {
  return new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", timeZone }).format(
    new Date(iso),
  );
}

export function duration(ms: number | null | undefined): string {
  if (ms == null) return "";
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const minutes = Math.floor(ms / 60_000);
  const [large, small] =
    minutes < 60
      ? [`${minutes} min`, Math.round((ms % 60_000) / 1000) && `${Math.round((ms % 60_000) / 1000)} s`]
      : [`${Math.floor(minutes / 60)} h`, minutes % 60 && `${minutes % 60} min`];
  return small ? `${large} ${small}` : large;
}

export function money(usd: string | number | null | undefined): string {
  const value = Number(usd ?? 0);
  return value === 0 ? "$0" : value < 0.01 ? `$${value.toFixed(5)}` : `$${value.toFixed(2)}`;
}

/** A JSON value as text: strings as they are, the rest pretty. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** A value in which texts that are JSON objects or lists stand as such: nobody has to read escapes. */
export function unescaped(value: unknown): unknown {
  if (typeof value === "string" && /^\s*[{[]/.test(value))
    try {
      return unescaped(JSON.parse(value));
    } catch {
      return value;
    }
  if (Array.isArray(value)) return value.map(unescaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unescaped(one)]));
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  return size < 1_048_576 ? `${Math.round(size / 1024)} KB` : `${+(size / 1_048_576).toFixed(1)} MB`;
}

export function isPast(iso: string, now = Date.now()): boolean {
  return Date.parse(iso) < now;
}

/** One paragraph of Markdown without its marks. */
export function unmarked(text: string): string {
  return text.replace(/(\*\*|[*`])(\S|\S.*?\S)\1/g, "$2");
}
