import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Pause, Play, RotateCcw, Square } from "lucide-react";
import type { ApiError } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Badge, Failure, When } from "@/components/ui/misc";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { isOutdated } from "./outdated";
import { useNodeDeed, useNodeSchedules, type Schedule } from "./queries";
import { TONES } from "./schedule-row";
import { statuses } from "./words";

interface Props {
  slug: string;
  nodeId: string;
  /** Whether the server knows the node as it is shown. */
  isSaved: boolean;
  /** What the node's config says now. */
  valueOf: (name: string) => unknown;
  /** Why it was not started; what concerns fields of the form is told there. */
  refusal: ApiError | null;
  onRefused: (error: ApiError | null) => void;
}

/** The schedule of a trigger itself: whether it runs, when it fires next, and its switch. */
export function NodeSchedule({ slug, nodeId, isSaved, valueOf, refusal, onRefused }: Props) {
  const { data, error, refetch } = useNodeSchedules(slug, nodeId, isSaved);
  useFresh(["schedules"], ofWorkflows([slug]), ({ type }) => type === "schedule_updated", 500);
  const own = data?.find((one) => one.of_node);
  const others = (data?.length ?? 0) - (own ? 1 : 0);
  return (
    <section aria-label={t`Schedule`} className="flex flex-col gap-2 border-b border-line pb-3">
      {error && <Failure error={error} retry={() => void refetch()} />}
      {data && <State own={own} />}
      {own && isRunning(own) && isOutdated(own, valueOf) && (
        <p className="text-xs text-warn">{t`The settings have changed since: start it again to use them.`}</p>
      )}
      <Switch
        slug={slug}
        nodeId={nodeId}
        own={own}
        isReady={isSaved && data !== undefined}
        valueOf={valueOf}
        onRefused={onRefused}
      />
      {refusal && (
        <p role="alert" className="text-xs text-bad">
          {Object.keys(refusal.fields).length
            ? t`It cannot be started like that: see what is marked below.`
            : refusal.message}
        </p>
      )}
      {others > 0 && (
        <Link to="/schedules" className="text-xs text-accent hover:underline">
          {plural(others, { one: "# other schedule starts it", other: "# other schedules start it" })}
        </Link>
      )}
    </section>
  );
}

const isRunning = ({ status }: Schedule) => status === "active" || status === "paused";

function State({ own }: { own: Schedule | undefined }) {
  return (
    <div className="flex flex-wrap items-center gap-2" role="status">
      <span className="font-medium">{t`Schedule`}</span>
      <Badge tone={own ? TONES[own.status] : "neutral"}>
        {own ? statuses()[own.status] : t`not started`}
      </Badge>
      <span className="text-xs text-muted">
        {!own && t`It fires only once it is started.`}
        {own?.status === "active" &&
          (own.next_run_at ? (
            <Trans>
              next <When isDue at={own.next_run_at} />
            </Trans>
          ) : (
            t`no further fire`
          ))}
      </span>
      {own?.last_error && <p className="w-full text-xs text-bad">{own.last_error}</p>}
    </div>
  );
}

interface SwitchProps extends Pick<Props, "slug" | "nodeId" | "valueOf" | "onRefused"> {
  own: Schedule | undefined;
  isReady: boolean;
}

function Switch({ slug, nodeId, own, isReady, valueOf, onRefused }: SwitchProps) {
  const deed = useNodeDeed(slug, nodeId);
  const button = (what: "start" | "pause" | "stop") => ({
    size: "sm" as const,
    disabled: !isReady || deed.isPending,
    busy: deed.isPending && deed.variables === what,
    onClick: () => deed.mutate(what, { onError: onRefused, onSuccess: () => onRefused(null) }),
  });
  const isActive = own?.status === "active";
  return (
    <div className="flex flex-wrap gap-2">
      {!isActive && (
        <Button variant="primary" {...button("start")}>
          <Play /> {t`Start`}
        </Button>
      )}
      {isActive && isOutdated(own, valueOf) && (
        <Button variant="primary" {...button("start")}>
          <RotateCcw /> {t`Start again`}
        </Button>
      )}
      {isActive && (
        <Button {...button("pause")}>
          <Pause /> {t`Pause`}
        </Button>
      )}
      {own && isRunning(own) && (
        <Button {...button("stop")}>
          <Square /> {t`Stop`}
        </Button>
      )}
    </div>
  );
}
