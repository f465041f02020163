import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Badge, When } from "@/components/ui/misc";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { useNodeSchedules } from "./queries";
import { TONES } from "./schedule-row";
import { statuses } from "./words";

/** On the canvas: whether a schedule trigger fires, and when next. */
export function ScheduleMark({ slug, nodeId, isSaved }: { slug: string; nodeId: string; isSaved: boolean }) {
  const { data } = useNodeSchedules(slug, nodeId, isSaved);
  useFresh(["schedules"], ofWorkflows([slug]), ({ type }) => type === "schedule_updated", 500);
  if (!data) return null;
  const next = data
    .flatMap(({ status, next_run_at: at }) => (status === "active" && at ? [at] : []))
    .sort()[0];
  const status = data.find((one) => one.status === "paused")?.status ?? data[0]?.status;
  return (
    <Badge
      tone={next ? "ok" : status ? TONES[status] : "warn"}
      data-schedule={next ? "active" : (status ?? "none")}
      className="pointer-events-none absolute -bottom-2.5 left-2 border border-line bg-panel py-0 text-[10px]"
    >
      {next ? (
        <Trans>
          next <When isDue at={next} />
        </Trans>
      ) : status ? (
        statuses()[status]
      ) : (
        t`not started`
      )}
    </Badge>
  );
}
