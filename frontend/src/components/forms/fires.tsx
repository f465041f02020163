/** The next times of an interval or a cron line, as the server reckons them, on the clock of the zone. */
import { t } from "@lingui/core/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { post } from "@/api/client";
import { useLate } from "@/lib/late";
import { clockOf, offsetOf } from "./cron";

interface Fire {
  at: string;
  local: string;
  clock_changed: boolean;
}

interface Timing {
  cron?: string;
  interval_seconds?: number | null;
  timezone: string;
}

export function Fires({ timing }: { timing: Timing }) {
  const late = useLate(JSON.stringify(timing), 300);
  const { data, error } = useQuery({
    queryKey: ["fires", late],
    queryFn: ({ signal }) =>
      post<{ fires: Fire[] }>("schedules/preview/", JSON.parse(late) as Timing, { signal }),
    retry: false,
    placeholderData: keepPreviousData,
  });
  if (error)
    return (
      <p role="alert" className="text-xs text-bad">
        {Object.values(error.fields)[0]?.[0] ?? error.message}
      </p>
    );
  if (!data) return null;
  return (
    <div className="rounded-md bg-ground p-2 text-xs">
      <p className="mb-1 text-muted">{t`Next, on the clock of ${timing.timezone}:`}</p>
      <ol aria-label={t`Next times`} className="grid gap-x-3">
        {data.fires.map((fire) => (
          <li key={fire.at} className="flex gap-2">
            <time dateTime={fire.at} className="grow tabular-nums">
              {clockOf(fire.local)}
            </time>
            {fire.clock_changed && <span className="text-warn">{t`clocks change`}</span>}
            <span className="font-mono text-muted">{offsetOf(fire.local)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
