import { t } from "@lingui/core/macro";
import { Card } from "@/components/ui/misc";
import { cn } from "@/lib/cn";
import { bars } from "@/lib/days";

const HEIGHT = 100;
const PITCH = 10;

interface Props {
  title: string;
  dates: string[];
  values: number[];
  /** The part of each value that stands in red at its foot. */
  bad?: number[];
  /** A value as people read it. */
  shown: (value: number) => string;
}

/** A value by day as bars. The table beside it says the same to who cannot see them. */
export function Chart({ title, dates, values, bad, shown }: Props) {
  const drawn = values.map((runs, index) => ({ date: dates[index]!, runs, failed: bad?.[index] ?? 0 }));
  const width = values.length * PITCH;
  const most = Math.max(...values);
  return (
    <Card className="p-3">
      <figure className="m-0">
        <figcaption className="mb-2 flex justify-between gap-2 text-sm font-medium">
          {title}
          <span className="text-xs font-normal text-muted">{most > 0 && t`at most ${shown(most)}`}</span>
        </figcaption>
        <svg
          role="img"
          aria-label={t`${title} by day`}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-28 w-full"
        >
          {bars(drawn, HEIGHT, PITCH).map((bar, index) => (
            <g key={dates[index]}>
              <title>{`${dates[index]}: ${shown(values[index]!)}`}</title>
              <rect x={bar.x} width={PITCH} height={HEIGHT} className="fill-transparent hover:fill-hover" />
              <Column x={bar.x} height={bar.height} className="fill-accent/60" />
              <Column x={bar.x} height={bar.failed} className="fill-bad" />
            </g>
          ))}
        </svg>
        <div aria-hidden="true" className="flex justify-between border-t border-line pt-1 text-xs text-muted">
          <span>{dates[0]}</span>
          <span>{dates.at(-1)}</span>
        </div>
      </figure>
    </Card>
  );
}

function Column({ x, height, className }: { x: number; height: number; className: string }) {
  return (
    <rect
      x={x + 1}
      y={HEIGHT - height}
      width={PITCH - 2}
      height={height}
      className={cn("pointer-events-none", className)}
    />
  );
}
