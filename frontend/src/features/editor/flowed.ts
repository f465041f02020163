/** What went along an edge in the run that is shown. Pure. */
import { plural, t } from "@lingui/core/macro";
import type { Link } from "./graph";
import { attaches } from "./ports";
import type { NodeRun } from "./runs";

export interface Flowed {
  /** A few words. */
  text: string;
  value?: unknown;
  /** Nothing went along it. */
  isDead: boolean;
}

const SHORT = 24;
const dead = (): Flowed => ({ text: t`skipped`, isDead: true });

/** What the source gave along this edge, which may have a name; null as long as that is open, and for attachments. */
export function flowed(link: Link, source?: NodeRun, target?: NodeRun, name?: string): Flowed | null {
  if (attaches(link) || !source) return null;
  if (source.status === "skipped") return dead();
  if (link.label === "error") {
    if (source.status === "failed") return { text: t`error`, value: source.error, isDead: false };
    return source.status === "success" ? dead() : null;
  }
  if (source.status !== "success") return null;
  const output = source.output;
  if (link.condition && routeOf(output) !== link.condition) return dead();
  if (target?.status === "skipped") return dead();
  const value = gist(output);
  return { text: name || brief(value), value, isDead: false };
}

function routeOf(output: unknown): unknown {
  const { _route: chosen, route } = (output ?? {}) as { _route?: unknown; route?: unknown };
  return chosen ?? route;
}

/** An output's only value; else all of them. */
function gist(output: unknown): unknown {
  if (!output || typeof output !== "object" || Array.isArray(output)) return output;
  const given = Object.entries(output).filter(([name]) => !name.startsWith("_"));
  return given.length === 1 ? given[0]![1] : Object.fromEntries(given);
}

/** A value in a few words: itself if it is short, else how large it is. */
export function brief(value: unknown): string {
  if (value === null || value === undefined || value === "") return t`nothing`;
  if (Array.isArray(value)) return plural(value.length, { one: "# item", other: "# items" });
  if (typeof value === "object")
    return plural(Object.keys(value).length, { one: "# field", other: "# fields" });
  const text = String(value);
  return text.length > SHORT || text.includes("\n")
    ? plural(text.length, { one: "# character", other: "# characters" })
    : text;
}
