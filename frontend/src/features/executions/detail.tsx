import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { post } from "@/api/client";
import type { ExecutionDetail } from "@/api/types";
import { Button } from "@/components/ui/button";
import { fetched } from "@/components/ui/fetched";
import { Badge, Card, Failure, Loading, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { useFresh } from "@/lib/channels";
import { duration, money, versionName } from "@/lib/format";
import { TaskCard } from "../tasks/task-card";
import { Actions } from "./actions";
import { Child } from "./child";
import { Compare } from "./compare-view";
import { wayOf } from "../deliveries/words";
import { Section } from "./section";
import { Steps } from "./steps";
import { UNFINISHED, useExecution } from "./queries";
import { ValueView } from "./value-view";

const Replay = fetched(async () => (await import("./replay")).Replay);
const ASKED = ["approval", "outcome_unknown"];

export function ExecutionPage() {
  const { id } = useParams({ from: "/inside/executions/$id" });
  const { with: other } = useSearch({ from: "/inside/executions/$id" });
  const navigate = useNavigate();
  const { data, error, refetch } = useExecution(id);
  useFresh(["execution", id], [`execution:${id}`], ({ type }) => type !== "token", 300);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading label={t`Reading the execution`} />;
  const compare = (next: string | undefined) =>
    void navigate({ to: "/executions/$id", params: { id }, search: { with: next }, replace: true });
  const open = data.pending_tasks.filter((task) => task.status === "pending" && ASKED.includes(task.kind));
  return (
    <Page
      title={data.workflow_name}
      actions={<Actions execution={data} onCompare={() => compare(other ?? "")} />}
    >
      <Summary execution={data} />
      {open.map((task) => (
        <TaskCard key={task.id} task={task} />
      ))}
      {other !== undefined && (
        <Compare execution={data} other={other} onChoose={compare} onClose={() => compare(undefined)} />
      )}
      <div className="mb-4 grid gap-4 md:grid-cols-2">
        <Section title={t`Input`}>
          <ValueView id={id} name="input" value={data.trigger_payload} />
        </Section>
        <Section title={t`Final output`}>
          {data.final_output == null && UNFINISHED.has(data.status) ? (
            <p className="text-muted">{t`Not yet.`}</p>
          ) : (
            <ValueView id={id} name="output" value={data.final_output} />
          )}
        </Section>
      </div>
      <Section title={t`On the canvas`}>
        <Replay id={id} slug={data.workflow_slug} mark={`${data.status}${data.logs.length}`} />
      </Section>
      <Steps key={id} execution={data} />
      {data.children.length > 0 && (
        <Section title={t`Executions that it called`}>
          <ul>
            {data.children.map((child) => (
              <Child key={child.execution_id} child={child} />
            ))}
          </ul>
        </Section>
      )}
      {data.deliveries.length > 0 && <Deliveries execution={data} />}
    </Page>
  );
}

function Summary({ execution: data }: { execution: ExecutionDetail }) {
  const link = "text-accent hover:underline";
  const cost = money(data.total_cost_usd);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
        <StatusBadge status={data.status} />
        <Link to="/workflows/$slug" params={{ slug: data.workflow_slug }} className={link}>
          {t`Open the workflow`}
        </Link>
        <Link
          to="/workflows/$slug/versions"
          params={{ slug: data.workflow_slug }}
          search={{ from: data.version ?? undefined }}
          className={link}
          title={t`What has changed since`}
        >
          {versionName(data.version)}
        </Link>
        <span>
          <Trans>
            started <When at={data.created_at} /> by {data.trigger_type.replace("trigger_", "")}
          </Trans>
          {data.user && `, ${data.user}`}
        </span>
        {data.duration_ms != null && <span>{t`took ${duration(data.duration_ms)}`}</span>}
        {data.llm_calls > 0 && (
          <span>
            {plural(data.llm_calls, { one: "# model call", other: "# model calls" })},{" "}
            {plural(data.total_tokens, { one: "# token", other: "# tokens" })},{" "}
            {data.cost_known ? cost : t`${cost} or more`}
          </span>
        )}
        {data.waiting_for && (
          <Badge tone="warn">
            <Trans>
              waits for {data.waiting_for.what} <When isDue at={data.waiting_for.next_wake} />
            </Trans>
          </Badge>
        )}
        {data.parent_execution_id && (
          <Link to="/executions/$id" params={{ id: data.parent_execution_id }} className={link}>
            {t`Called by another execution`}
          </Link>
        )}
        {data.rerun_of && (
          <>
            <Link to="/executions/$id" params={{ id: data.rerun_of }} className={link}>
              {t`Runs another one again`}
            </Link>
            <Link
              to="/executions/$id"
              params={{ id: data.execution_id }}
              search={{ with: data.rerun_of }}
              className={link}
            >
              {t`Compare with it`}
            </Link>
          </>
        )}
      </div>
      {data.error_message && (
        <div role="alert" className="mb-4 rounded-lg border border-bad/40 bg-bad/5 p-3">
          <p className="font-medium text-bad">
            {data.failed_node_id && <span className="font-mono">{data.failed_node_id}: </span>}
            {data.error_message}
          </p>
          {data.error_code && <p className="mt-1 font-mono text-xs text-muted">{data.error_code}</p>}
        </div>
      )}
    </>
  );
}

function Deliveries({ execution }: { execution: ExecutionDetail }) {
  const client = useQueryClient();
  const resend = useMutation({
    mutationFn: (id: string) => post(`deliveries/${id}/resend/`, undefined, { once: true }),
    onSettled: () => client.invalidateQueries({ queryKey: ["execution", execution.execution_id] }),
  });
  return (
    <Section title={t`Deliveries`}>
      <Card>
        {execution.deliveries.map((delivery) => (
          <div
            key={delivery.id}
            className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2 last:border-0"
          >
            <StatusBadge status={delivery.status} />
            <span>{wayOf(delivery)}</span>
            {delivery.error && <span className="text-bad">{delivery.error}</span>}
            <span className="grow" />
            {["failed", "sent"].includes(delivery.status) && (
              <Button size="sm" busy={resend.isPending} onClick={() => resend.mutate(delivery.id)}>
                {t`Send again`}
              </Button>
            )}
          </div>
        ))}
      </Card>
    </Section>
  );
}
