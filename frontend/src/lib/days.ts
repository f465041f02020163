/** Runs by day as bars of a small chart: a function of values. */
export interface Day {
  /** ISO, such as 2026-05-01. */
  date: string;
  runs: number;
  failed: number;
}

export interface Bar {
  x: number;
  /** Heights in the unit of the box: of all runs, and of the failed ones among them. */
  height: number;
  failed: number;
}

const DAY_MS = 86_400_000;

/** Each of `count` days from `since` on; those that the server left out are like `none`. */
export function everyDay<T extends { date: string }>(
  since: string,
  found: readonly T[],
  count: number,
  none: Omit<T, "date">,
): T[] {
  const known = new Map(found.map((day) => [day.date, day]));
  const first = Date.parse(`${since}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(first + index * DAY_MS).toISOString().slice(0, 10);
    return known.get(date) ?? ({ ...none, date } as T);
  });
}

/** Bars `pitch` apart in a box so high; a day with few runs still shows, and so does one failure among thousands. */
export function bars(days: readonly Day[], height: number, pitch: number): Bar[] {
  const most = Math.max(...days.map((day) => day.runs));
  const scaled = (value: number) => (value ? Math.max(1.5, (value / most) * height) : 0);
  return days.map((day, index) => ({
    x: index * pitch,
    height: scaled(day.runs),
    failed: Math.min(scaled(day.failed), scaled(day.runs)),
  }));
}
