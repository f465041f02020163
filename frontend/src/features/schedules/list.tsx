import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, Pause, Play, Zap } from "lucide-react";
import { toast } from "sonner";
import { get, post } from "@/api/client";
import type { Page as List } from "@/api/types";
import type { components } from "@/api/schema";
import { IconButton } from "@/components/ui/button";
import { Badge, Card, Empty, Failure, Loading, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { duration } from "@/lib/format";

type Schedule = components["schemas"]["Schedule"];
const TONES = { active: "ok", paused: "warn", done: "neutral", dead: "bad" } as const;

export function ScheduleList() {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ["schedules"],
    queryFn: () => get<List<Schedule>>("schedules/", { limit: 200 }),
    refetchOnWindowFocus: true,
  });
  const act = useMutation({
    mutationFn: ({ id, what }: { id: number; what: "pause" | "resume" | "run-now" }) =>
      post(`schedules/${id}/${what}/`),
    onSuccess: (_result, { what }) => what === "run-now" && toast.success("It runs now."),
    onSettled: () => client.invalidateQueries({ queryKey: ["schedules"] }),
  });
  return (
    <Page title="Schedules">
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<CalendarClock />} title="Nothing is scheduled">
            Add a schedule trigger to a workflow: every hour, each Monday at nine, in any time zone.
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card>
          {data.items.map((one) => (
            <div
              key={one.id}
              className="flex flex-wrap items-center gap-3 border-b border-line px-3 py-2 last:border-0"
            >
              <span className="min-w-48 grow">
                <span className="font-medium">{one.name}</span>
                <span className="block font-mono text-xs text-muted">
                  {one.cron
                    ? `${one.cron} ${one.timezone}`
                    : `every ${duration((one.interval_seconds ?? 0) * 1000)}`}
                </span>
              </span>
              <Badge tone={TONES[one.status]}>{one.status}</Badge>
              <span className="w-44 text-xs text-muted">
                {one.next_run_at ? (
                  <>
                    next <When at={one.next_run_at} />
                  </>
                ) : (
                  "no further fire"
                )}
                {one.last_error && <span className="block truncate text-bad">{one.last_error}</span>}
              </span>
              <span className="text-xs text-muted">
                {one.run_count} runs, {one.error_count} failed
              </span>
              <IconButton
                label={`Run ${one.name} now`}
                onClick={() => act.mutate({ id: one.id, what: "run-now" })}
              >
                <Zap />
              </IconButton>
              {one.status === "paused" ? (
                <IconButton
                  label={`Resume ${one.name}`}
                  onClick={() => act.mutate({ id: one.id, what: "resume" })}
                >
                  <Play />
                </IconButton>
              ) : (
                <IconButton
                  label={`Pause ${one.name}`}
                  disabled={one.status !== "active"}
                  onClick={() => act.mutate({ id: one.id, what: "pause" })}
                >
                  <Pause />
                </IconButton>
              )}
            </div>
          ))}
        </Card>
      )}
      <p className="mt-3 text-xs text-muted">
        Schedules belong to the schedule triggers of your{" "}
        <Link to="/" className="text-accent underline">
          workflows
        </Link>
        ; the API makes further ones.
      </p>
    </Page>
  );
}
