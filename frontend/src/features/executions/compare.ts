/** What differs between two runs of a workflow, step by step, and between two texts, line by line: functions of values. */
import type { Log } from "@/api/types";

export type Change = "same" | "added" | "removed" | "status" | "output" | "input";

export interface Pair {
  step_key: string;
  before?: Log;
  after?: Log;
  change: Change;
}

/** The row of each step that counts: the newest that is not superseded. */
function settled(logs: readonly Log[]): Map<string, Log> {
  return new Map(logs.filter((log) => log.final && !log.superseded).map((log) => [log.step_key, log]));
}

/** In the order of `after`, with what only `before` has behind the step that it followed there. */
export function compared(before: readonly Log[], after: readonly Log[]): Pair[] {
  const [old, fresh] = [settled(before), settled(after)];
  const pairs: Pair[] = [...fresh].map(([step_key, log]) => {
    const earlier = old.get(step_key);
    return { step_key, before: earlier, after: log, change: changeOf(earlier, log) };
  });
  let place = 0;
  for (const [step_key, log] of old) {
    const known = pairs.findIndex((pair) => pair.step_key === step_key);
    if (known >= 0) place = known + 1;
    else pairs.splice(place++, 0, { step_key, before: log, change: "removed" });
  }
  return pairs;
}

function changeOf(before: Log | undefined, after: Log): Change {
  if (!before) return "added";
  if (before.status !== after.status) return "status";
  if (stable(before.output) !== stable(after.output) || before.error !== after.error) return "output";
  return stable(before.input) === stable(after.input) ? "same" : "input";
}

/** JSON whose keys are in order, so that equal values have equal texts. */
export function stable(value: unknown, indent = 0): string {
  const sorted = (_key: string, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one;
  return value === undefined ? "" : JSON.stringify(value, sorted, indent);
}

export interface Line {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Beyond so many lines only what begins and ends alike is told apart. */
const MOST_LINES = 600;

/** The longest common subsequence of lines, after what both begin and end with. */
export function lines(before: string, after: string): Line[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < fresh.length - head &&
    old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]
  )
    tail += 1;
  const same = (text: string): Line => ({ kind: "same", text });
  return [
    ...old.slice(0, head).map(same),
    ...middle(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

function middle(old: string[], fresh: string[]): Line[] {
  const removed = (text: string): Line => ({ kind: "removed", text });
  const added = (text: string): Line => ({ kind: "added", text });
  if (old.length > MOST_LINES || fresh.length > MOST_LINES) return [...old.map(removed), ...fresh.map(added)];
  // common[i][j]: how many lines of old[i..] and fresh[j..] are in common
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = fresh.length - 1; j >= 0; j -= 1)
      common[i]![j] =
        old[i] === fresh[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length)
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      found.push({ kind: "same", text: old[i]! });
      i += 1;
      j += 1;
    } else if (j >= fresh.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      found.push(removed(old[i++]!));
    else found.push(added(fresh[j++]!));
  return found;
}
