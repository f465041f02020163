import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Pause, Pencil, Play, Trash2, Zap } from "lucide-react";
import { toast } from "sonner";
import type { Box } from "@/components/list/ticks";
import { IconButton } from "@/components/ui/button";
import { Expandable } from "@/components/ui/expandable";
import { Checkbox } from "@/components/ui/field";
import { Badge, Failure, Loading, Part, When, type Tone } from "@/components/ui/misc";
import { duration, moment } from "@/lib/format";
import { useDeed, useNextFires, useRuns, type Schedule } from "./queries";
import { statuses } from "./words";

export const TONES: Record<Schedule["status"], Tone> = {
  active: "ok",
  paused: "warn",
  done: "neutral",
  dead: "bad",
};

interface Props {
  schedule: Schedule;
  box: Box;
  onEdit: () => void;
  onDelete: () => void;
}

/** A schedule: when it fires next, how it went, and what can be done with it. */
export function ScheduleRow({ schedule: one, box, onEdit, onDelete }: Props) {
  const deed = useDeed();
  const act = (what: "pause" | "resume" | "run-now") =>
    deed.mutate(
      { id: one.id, what },
      { onSuccess: () => what === "run-now" && toast.success(t`“${one.name}” runs now.`) },
    );
  return (
    <Expandable
      before={<Checkbox aria-label={t`Choose ${one.name}`} {...box} />}
      summary={
        <>
          <span className="min-w-48 flex-1">
            <span className="font-medium">{one.name}</span>
            <span className="block truncate text-xs text-muted">
              {one.workflow_slug} / {one.trigger_node_id},{" "}
              <span className="font-mono">
                {one.cron
                  ? `${one.cron} ${one.timezone}`
                  : t`every ${duration((one.interval_seconds ?? 0) * 1000)}`}
              </span>
            </span>
          </span>
          <Badge tone={TONES[one.status]}>{statuses()[one.status]}</Badge>
          <span className="w-40 text-xs text-muted">
            <Next schedule={one} />
            {one.last_error && <span className="block truncate text-bad">{one.last_error}</span>}
          </span>
          <span className="text-xs text-muted">
            {t`${plural(one.run_count, { one: "# run", other: "# runs" })}, ${one.error_count} failed`}
          </span>
        </>
      }
      after={
        <span className="flex items-center">
          <IconButton label={t`Run ${one.name} now`} onClick={() => act("run-now")}>
            <Zap />
          </IconButton>
          {one.status === "paused" || one.status === "dead" ? (
            <IconButton label={t`Resume ${one.name}`} onClick={() => act("resume")}>
              <Play />
            </IconButton>
          ) : (
            <IconButton
              label={t`Pause ${one.name}`}
              disabled={one.status !== "active"}
              onClick={() => act("pause")}
            >
              <Pause />
            </IconButton>
          )}
          <IconButton label={t`Edit ${one.name}`} onClick={onEdit}>
            <Pencil />
          </IconButton>
          <IconButton label={t`Delete ${one.name}`} onClick={onDelete}>
            <Trash2 />
          </IconButton>
        </span>
      }
    >
      {one.description && <p className="mb-2">{one.description}</p>}
      {one.last_error && <p className="mb-2 text-bad">{one.last_error}</p>}
      <div className="grid gap-4 md:grid-cols-2">
        <NextFires schedule={one} />
        <LastRuns id={one.id} />
      </div>
    </Expandable>
  );
}

/** A paused schedule keeps a time that does not come. */
function Next({ schedule: { status, next_run_at } }: { schedule: Schedule }) {
  if (status === "paused") return t`nothing while paused`;
  if (!next_run_at) return t`no further fire`;
  return (
    <Trans>
      next <When isDue at={next_run_at} />
    </Trans>
  );
}

function NextFires({ schedule }: { schedule: Schedule }) {
  const { data, error } = useNextFires(schedule);
  return (
    <Part title={schedule.status === "active" ? t`Next times` : t`Next times, if it were active`}>
      {error && <Failure error={error} />}
      {!data && !error && <Loading label={t`Reckoning`} />}
      <ol>
        {data?.fires.map((fire) => (
          <li key={fire.at} className="flex gap-2">
            <span className="tabular-nums">{moment(fire.at, data.timezone)}</span>
            <When at={fire.at} className="text-muted" />
            {fire.clock_changed && <Badge tone="info">{t`the clocks change before`}</Badge>}
          </li>
        ))}
      </ol>
    </Part>
  );
}

function LastRuns({ id }: { id: number }) {
  const { data, error } = useRuns(id);
  return (
    <Part title={t`Last times`}>
      {error && <Failure error={error} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && <p className="text-muted">{t`It has not fired yet.`}</p>}
      <ol>
        {data?.items.map((run) => (
          <li key={run.id} className="flex flex-wrap items-center gap-2 py-0.5">
            <Badge>{run.state}</Badge>
            {run.execution_id ? (
              <Link
                to="/executions/$id"
                params={{ id: run.execution_id }}
                className="text-accent hover:underline"
              >
                <When at={run.due_at} />
              </Link>
            ) : (
              <When at={run.due_at} />
            )}
            {run.retry > 0 && <span className="text-xs text-muted">{t`retry ${run.retry}`}</span>}
            {run.reason && <span className="text-xs text-muted">{run.reason}</span>}
          </li>
        ))}
      </ol>
    </Part>
  );
}
