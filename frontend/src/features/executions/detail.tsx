import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ChevronRight, CircleStop, RotateCcw, RotateCw } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { get, post } from "@/api/client";
import type { ExecutionDetail, Log } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Badge, Card, Code, Failure, Loading, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { count, duration, money, shown } from "@/lib/format";
import { useChannel } from "@/lib/live";
import { TaskCard } from "../tasks/task-card";

const Replay = lazy(async () => ({ default: (await import("./replay")).Replay }));
const UNFINISHED = new Set(["pending", "running", "waiting", "interrupted"]);

export function ExecutionPage() {
  const { id } = useParams({ from: "/inside/executions/$id" });
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ["execution", id],
    queryFn: ({ signal }) => get<ExecutionDetail>(`executions/${id}/`, {}, signal),
  });
  useChannel(`execution:${id}`, (event) => {
    if (event.type !== "token") void client.invalidateQueries({ queryKey: ["execution", id] });
  });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading label="Reading the execution" />;
  const open = data.pending_tasks.filter(
    (task) => task.status === "pending" && ["approval", "outcome_unknown"].includes(task.kind),
  );
  return (
    <Page title={data.workflow_slug} actions={<Actions execution={data} />}>
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
        <StatusBadge status={data.status} />
        <Link
          to="/workflows/$slug"
          params={{ slug: data.workflow_slug }}
          className="text-accent hover:underline"
        >
          Open the workflow
        </Link>
        <span>{data.version === null ? "one node alone" : `version ${data.version}`}</span>
        <span>
          started <When at={data.created_at} /> by {data.trigger_type.replace("trigger_", "")}
        </span>
        {data.duration_ms != null && <span>took {duration(data.duration_ms)}</span>}
        {data.llm_calls > 0 && (
          <span>
            {count(data.total_tokens, "token")}, {money(data.total_cost_usd)}
            {!data.cost_known && " or more"}
          </span>
        )}
        {data.waiting_for && (
          <Badge tone="warn">
            waits for {data.waiting_for.what} <When at={data.waiting_for.next_wake} />
          </Badge>
        )}
        {data.parent_execution_id && (
          <Link
            to="/executions/$id"
            params={{ id: data.parent_execution_id }}
            className="text-accent hover:underline"
          >
            Called by another execution
          </Link>
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
      {open.map((task) => (
        <TaskCard key={task.id} task={task} />
      ))}
      <div className="mb-4 grid gap-4 md:grid-cols-2">
        <Part title="Input">
          <Code>{shown(data.trigger_payload)}</Code>
        </Part>
        <Part title="Final output">
          {data.final_output == null ? (
            <p className="text-muted">{UNFINISHED.has(data.status) ? "Not yet." : "None."}</p>
          ) : (
            <Code>{shown(data.final_output)}</Code>
          )}
        </Part>
      </div>
      <Part title="On the canvas">
        <Suspense fallback={<Loading />}>
          <Replay id={id} slug={data.workflow_slug} mark={`${data.status}${data.logs.length}`} />
        </Suspense>
      </Part>
      <Part title="Steps">
        <Timeline logs={data.logs} />
      </Part>
      {data.children.length > 0 && (
        <Part title="Executions that it called">
          <ul>
            {data.children.map((child) => (
              <li key={child.execution_id} className="flex items-center gap-2 py-1">
                <StatusBadge status={child.status} />
                <Link
                  to="/executions/$id"
                  params={{ id: child.execution_id }}
                  className="text-accent hover:underline"
                >
                  {child.workflow_slug}
                </Link>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {data.deliveries.length > 0 && <Deliveries execution={data} />}
    </Page>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="mb-4">
      <h2 className="mb-1.5 text-sm font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Actions({ execution }: { execution: ExecutionDetail }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const id = execution.execution_id;
  const done = () => client.invalidateQueries({ queryKey: ["execution", id] });
  const cancel = useMutation({ mutationFn: () => post(`executions/${id}/cancel/`), onSettled: done });
  const retry = useMutation({ mutationFn: () => post(`executions/${id}/retry/`), onSettled: done });
  const rerun = useMutation({
    mutationFn: () => post<{ execution_id: string }>(`executions/${id}/rerun/`, {}),
    onSuccess: ({ execution_id }) => navigate({ to: "/executions/$id", params: { id: execution_id } }),
  });
  if (UNFINISHED.has(execution.status))
    return (
      <Button variant="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
        <CircleStop /> Cancel
      </Button>
    );
  return (
    <>
      {execution.status === "failed" && (
        <Button
          variant="primary"
          busy={retry.isPending}
          onClick={() => retry.mutate()}
          title="From the step that failed; what succeeded stays"
        >
          <RotateCw /> Retry
        </Button>
      )}
      <Button
        busy={rerun.isPending}
        onClick={() => rerun.mutate()}
        title="A new execution with the same input"
      >
        <RotateCcw /> Run again
      </Button>
    </>
  );
}

/** Each step with a bar of when it ran; a step opens to show what went in and came out. */
function Timeline({ logs }: { logs: Log[] }) {
  const rows = logs
    .filter((log) => log.final || log.status === "running" || log.status === "failed")
    .map((log) => ({ log, start: Date.parse(log.started_at ?? log.timestamp) }))
    .sort((a, b) => a.start - b.start || a.log.id - b.log.id);
  const begin = rows[0]?.start ?? 0;
  const length = Math.max(1, ...rows.map(({ log, start }) => start + log.duration_ms - begin));
  if (!rows.length) return <p className="text-muted">No step has run yet.</p>;
  return (
    <Card>
      {rows.map(({ log, start }) => (
        <Step
          key={log.id}
          log={log}
          left={((start - begin) / length) * 100}
          width={(log.duration_ms / length) * 100}
        />
      ))}
    </Card>
  );
}

function Step({ log, left, width }: { log: Log; left: number; width: number }) {
  const [open, setOpen] = useState(false);
  const depth = log.step_key.split("/").length - 1;
  const metadata = log.metadata as {
    log?: string;
    token_usage?: { cost_usd?: string; input_tokens?: number; output_tokens?: number };
  };
  return (
    <div className={cn("border-b border-line last:border-0", log.superseded && "opacity-50")}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3 py-1.5 text-left hover:bg-hover/50"
      >
        <ChevronRight
          className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")}
        />
        <span className="w-28 shrink-0">
          <StatusBadge status={log.status} />
        </span>
        <span
          className="w-48 shrink-0 truncate font-mono text-xs"
          style={{ paddingLeft: depth * 12 }}
          title={log.step_key}
        >
          {log.step_key.split("/").pop()}
          {log.attempt > 1 && <span className="text-muted"> try {log.attempt}</span>}
        </span>
        <span className="relative hidden h-4 grow sm:block" aria-hidden="true">
          <span
            className={cn(
              "absolute top-1 h-2 min-w-0.5 rounded-sm",
              log.status === "failed" ? "bg-bad" : log.status === "skipped" ? "bg-line" : "bg-accent",
            )}
            style={{ left: `${left}%`, width: `${width}%` }}
          />
        </span>
        <span className="w-20 shrink-0 text-right text-xs text-muted">
          {log.status === "skipped" ? "" : duration(log.duration_ms)}
        </span>
      </button>
      {open && (
        <div className="grid gap-3 px-3 pb-3 md:grid-cols-2">
          {log.error && (
            <p role="alert" className="text-bad md:col-span-2">
              {log.error} <span className="font-mono text-xs text-muted">{log.error_code}</span>
            </p>
          )}
          {metadata.token_usage && (
            <p className="text-muted md:col-span-2">
              {metadata.token_usage.input_tokens} tokens in, {metadata.token_usage.output_tokens} out,{" "}
              {money(metadata.token_usage.cost_usd)}
            </p>
          )}
          <Part title="Input">
            <Code>{log.input == null ? "none" : shown(log.input)}</Code>
          </Part>
          <Part title="Output">
            <Code>{log.output == null ? "none" : shown(log.output)}</Code>
          </Part>
          {metadata.log && (
            <Part title="Log">
              <Code>{metadata.log}</Code>
            </Part>
          )}
        </div>
      )}
    </div>
  );
}

function Deliveries({ execution }: { execution: ExecutionDetail }) {
  const client = useQueryClient();
  const resend = useMutation({
    mutationFn: (id: string) => post(`deliveries/${id}/resend/`),
    onSettled: () => client.invalidateQueries({ queryKey: ["execution", execution.execution_id] }),
  });
  return (
    <Part title="Deliveries">
      <Card>
        {execution.deliveries.map((delivery) => (
          <div
            key={delivery.id}
            className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2 last:border-0"
          >
            <Badge tone={delivery.status === "sent" ? "ok" : delivery.status === "failed" ? "bad" : "info"}>
              {delivery.status}
            </Badge>
            <span>
              {delivery.kind} by {delivery.channel}
            </span>
            {delivery.error && <span className="text-bad">{delivery.error}</span>}
            <span className="grow" />
            {["failed", "sent"].includes(delivery.status) && (
              <Button size="sm" busy={resend.isPending} onClick={() => resend.mutate(delivery.id)}>
                Send again
              </Button>
            )}
          </div>
        ))}
      </Card>
    </Part>
  );
}
