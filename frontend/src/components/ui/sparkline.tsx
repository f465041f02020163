import { plural, t } from "@lingui/core/macro";
import { bars, type Day } from "@/lib/days";

const HEIGHT = 20;
const PITCH = 5;

/** Runs by day as small bars, what failed in red at their foot. */
export function Sparkline({ days }: { days: Day[] }) {
  const runs = days.reduce((sum, day) => sum + day.runs, 0);
  const failed = days.reduce((sum, day) => sum + day.failed, 0);
  const ran = plural(runs, { one: "# run", other: "# runs" });
  const label = t`${ran}, ${failed} failed in the last ${days.length} days`;
  return (
    <svg
      role="img"
      aria-label={label}
      width={days.length * PITCH}
      height={HEIGHT}
      className="overflow-visible"
    >
      <title>{label}</title>
      <line x1={0} x2={days.length * PITCH - 1} y1={HEIGHT} y2={HEIGHT} className="stroke-line" />
      {bars(days, HEIGHT, PITCH).map((bar) => (
        <g key={bar.x}>
          <rect
            x={bar.x}
            y={HEIGHT - bar.height}
            width={PITCH - 1}
            height={bar.height}
            className="fill-accent/60"
          />
          <rect
            x={bar.x}
            y={HEIGHT - bar.failed}
            width={PITCH - 1}
            height={bar.failed}
            className="fill-bad"
          />
        </g>
      ))}
    </svg>
  );
}
