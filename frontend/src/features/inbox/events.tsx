import { plural, t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Repeat, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import { TickList, useTicks, type Box } from "@/components/list/ticks";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Expandable } from "@/components/ui/expandable";
import { Checkbox } from "@/components/ui/field";
import { Badge, Code, Failure, Loading, When, type Tone } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { shown } from "@/lib/format";

export type Received = components["schemas"]["TriggerEvent"];

export const outcomes = (): Record<Received["status"], string> => ({
  started: t`Started a run`,
  failed: t`Started nothing`,
  held: t`Held (test mode)`,
});
const TONES: Record<Received["status"], Tone> = { started: "ok", failed: "bad", held: "warn" };

/** Events in a list, of which several can be chosen to be let in again, or forgotten. */
export function Events({ items }: { items: Received[] }) {
  const client = useQueryClient();
  const ticks = useTicks(items.map((one) => one.id));
  const { ticked } = ticks;
  const [asking, setAsking] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["trigger-events"] });
  useFresh(["trigger-events"], ofWorkflows(items.map((one) => one.workflow_slug)), ({ type }) =>
    type.startsWith("execution_"),
  );
  const replay = useMutation({
    mutationFn: (ids: number[]) =>
      post<Received[] | { items: Received[] }>("trigger-events/replay/", { ids }),
    onSuccess: (answer) => {
      ticks.clear();
      told(Array.isArray(answer) ? answer : answer.items);
    },
    onSettled: refresh,
  });
  const drop = useMutation({
    mutationFn: (ids: number[]) => post("trigger-events/batch-delete/", { ids }),
    onSettled: refresh,
  });
  return (
    <>
      <TickList
        ticks={ticks}
        deeds={
          <>
            <Button size="sm" busy={replay.isPending} onClick={() => replay.mutate(ticked)}>
              <Repeat /> {t`Let ${ticked.length} in again`}
            </Button>
            <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
              <Trash2 /> {t`Forget ${ticked.length}`}
            </Button>
          </>
        }
      >
        {items.map((one) => (
          <Row
            key={one.id}
            received={one}
            box={ticks.box(one.id)}
            onReplay={() => replay.mutate([one.id])}
            busy={replay.isPending && replay.variables.includes(one.id)}
          />
        ))}
      </TickList>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t`Forget ${plural(ticked.length, { one: "# event", other: "# events" })}?`}
        action={t`Forget`}
        onConfirm={() => drop.mutateAsync(ticked)}
      >
        {t`They cannot be let in again. Their executions stay.`}
      </Confirm>
    </>
  );
}

function told(made: Received[]): void {
  const failed = made.filter((one) => one.status === "failed");
  const started = made.length - failed.length;
  const events = plural(started, { one: "# event", other: "# events" });
  if (started) toast.success(t`${events} let in again, each with a run of its own.`);
  for (const one of failed) toast.error(`${one.title}: ${one.reason ?? t`It started nothing.`}`);
}

interface RowProps {
  received: Received;
  box: Box;
  busy: boolean;
  onReplay: () => void;
}

function Row({ received: one, box, busy, onReplay }: RowProps) {
  const name = one.title || one.trigger_node_id;
  return (
    <Expandable
      before={<Checkbox aria-label={t`Choose ${name}`} {...box} />}
      summary={
        <>
          <Badge tone={TONES[one.status]}>{outcomes()[one.status]}</Badge>
          <span className="min-w-40 flex-1">
            <span className="block truncate">{name}</span>
            <span className="block truncate text-xs text-muted">
              {one.workflow_slug} / {one.trigger_node_id}, {one.trigger_type.replace("trigger_", "")}
            </span>
          </span>
          {one.reason && <span className="max-w-md truncate text-xs text-bad">{one.reason}</span>}
          {one.execution_status && <StatusBadge status={one.execution_status} />}
          <When at={one.received_at} className="text-xs text-muted" />
        </>
      }
      after={
        <Button size="sm" busy={busy} aria-label={t`Let ${name} in again`} onClick={onReplay}>
          {t`Again`}
        </Button>
      }
    >
      {one.reason && <p className="mb-2 text-bad">{one.reason}</p>}
      <Payload id={one.id} />
      <p className="mt-2 flex flex-wrap gap-4 text-muted">
        {one.execution_id && (
          <Link
            to="/executions/$id"
            params={{ id: one.execution_id }}
            className="text-accent hover:underline"
          >
            {t`The execution that it started`}
          </Link>
        )}
        {one.delivery_key && (
          <span>
            {t`key`} <code className="text-xs break-all">{one.delivery_key}</code>
          </span>
        )}
        {one.replay_of !== null && <span>{t`let in again from event ${one.replay_of}`}</span>}
      </p>
    </Expandable>
  );
}

function Payload({ id }: { id: number }) {
  const { data, error } = useQuery({
    queryKey: ["trigger-events", "one", id],
    queryFn: ({ signal }) =>
      get<components["schemas"]["TriggerEventDetail"]>(`trigger-events/${id}/`, {}, signal),
    staleTime: Infinity,
  });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading label={t`Reading the event`} />;
  return <Code>{shown(data.event)}</Code>;
}
