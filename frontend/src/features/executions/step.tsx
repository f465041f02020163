import { plural, t } from "@lingui/core/macro";
import { ChevronRight, PencilLine, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "@tanstack/react-router";
import type { ExecutionDetail, Log } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Code } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { duration, moment, money } from "@/lib/format";
import { Child } from "./child";
import { EditOutput } from "./edit-dialogs";
import { Section } from "./section";
import { iterationOf, lastPart } from "./step-key";
import { UNFINISHED, useRerun } from "./queries";
import { ValueView } from "./value-view";

interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  cost_usd?: string;
  cost_known?: boolean;
}

interface Props {
  execution: ExecutionDetail;
  log: Log;
  /** Where its bar begins and how long it is, in percent of what is shown. */
  left: number;
  width: number;
}

/** A step with a bar of when it ran; it opens to show what went in and came out, and what can be done from here. */
export function Step({ execution, log, left, width }: Props) {
  const [open, setOpen] = useState(false);
  const depth = log.step_key.split("/").length - 1;
  const iteration = iterationOf(log.step_key);
  const usage = (log.metadata as { token_usage?: Usage }).token_usage;
  return (
    <li className={cn("border-b border-line last:border-0", log.superseded && "opacity-60")}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3 py-1.5 text-left hover:bg-hover/50"
      >
        <ChevronRight
          className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")}
        />
        <span className="flex w-24 shrink-0">
          <StatusBadge status={log.status} />
        </span>
        <span
          className="min-w-0 grow truncate font-mono text-xs sm:w-48 sm:shrink-0 sm:grow-0"
          style={{ paddingLeft: depth * 12 }}
          title={log.step_key}
        >
          {titleOf(log)}
          {iteration && <span className="text-muted"> {iteration}</span>}
          {log.attempt > 1 && <span className="text-muted"> {t`try ${log.attempt}`}</span>}
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
        {usage && (
          <span className="hidden w-32 shrink-0 text-right text-xs text-muted md:block">
            {plural(usage.total_tokens ?? 0, { one: "# token", other: "# tokens" })} · {money(usage.cost_usd)}
          </span>
        )}
        <span className="w-16 shrink-0 text-right text-xs text-muted tabular-nums">
          {log.status === "skipped" ? "" : duration(log.duration_ms)}
        </span>
      </button>
      {open && <Opened execution={execution} log={log} usage={usage} />}
    </li>
  );
}

interface Told {
  log?: string;
  waited_ms?: number;
  answers?: { by: string; decision: string; comment: string; at: string | null; via: string }[];
}

interface ToolStep {
  input?: { name?: unknown };
  output?: { message?: { data?: { content?: unknown } } };
}

const isTool = (log: Log) => /(^|\/)tool\[[\d.]+\]$/.test(log.step_key);

/** The last part of its key; of an agent's call, the tool too. */
function titleOf(log: Log): string {
  const key = lastPart(log.step_key);
  const name = (log as ToolStep).input?.name;
  return isTool(log) && typeof name === "string" ? `${key} ${name}` : key;
}

/** Of a tool call, what the tool answered, without the message that the model gets it in. */
function outputOf(log: Log): unknown {
  return (isTool(log) && (log as ToolStep).output?.message?.data?.content) || log.output;
}

function Opened({
  execution,
  log,
  usage,
}: {
  execution: ExecutionDetail;
  log: Log;
  usage: Usage | undefined;
}) {
  const { log: printed, waited_ms: waited, answers = [] } = log.metadata as Told;
  const id = execution.execution_id;
  const cost = money(usage?.cost_usd);
  const children = execution.children.filter((child) => child.parent_step_key === log.step_key);
  return (
    <div className="grid gap-3 px-3 pb-3 md:grid-cols-2">
      {log.error && (
        <p role="alert" className="text-bad md:col-span-2">
          {log.error} <span className="font-mono text-xs text-muted">{log.error_code}</span>
        </p>
      )}
      {usage && (
        <p className="text-muted md:col-span-2">
          {plural(usage.input_tokens ?? 0, { one: "# token in", other: "# tokens in" })},{" "}
          {t`${(usage.output_tokens ?? 0).toLocaleString("en")} out`},{" "}
          {usage.cost_known === false ? t`${cost} or more: the price of the model is not known` : cost}
        </p>
      )}
      {(waited !== undefined || answers.length > 0) && (
        <ul className="text-muted md:col-span-2" aria-label={t`Waiting`}>
          {waited !== undefined && <li>{t`${duration(waited)} of it waiting`}</li>}
          {answers.map((one) => (
            <li key={`${one.by} ${one.at}`}>
              {one.by ? t`${one.decision} by ${one.by}` : t`${one.decision}: nobody answered`}
              {one.at && ` · ${moment(one.at)}`}
              {one.comment && ` · ${one.comment}`}
            </li>
          ))}
        </ul>
      )}
      <Section title={t`Input`}>
        <ValueView id={id} name={`${log.node_id}-input`} value={log.input} />
      </Section>
      <Section title={t`Output`}>
        <ValueView id={id} name={`${log.node_id}-output`} value={outputOf(log)} />
      </Section>
      {printed && (
        <Section title={t`Printed`} className="md:col-span-2">
          <Code>{printed}</Code>
        </Section>
      )}
      {children.length > 0 && (
        <ul className="md:col-span-2" aria-label={t`Called from here`}>
          {children.map((child) => (
            <Child key={child.execution_id} child={child} />
          ))}
        </ul>
      )}
      {lastPart(log.step_key) === log.node_id && !UNFINISHED.has(execution.status) && (
        <FromHere execution={execution} log={log} />
      )}
    </div>
  );
}

function FromHere({ execution, log }: { execution: ExecutionDetail; log: Log }) {
  const navigate = useNavigate();
  const rerun = useRerun(execution.execution_id);
  const [editing, setEditing] = useState(false);
  const go = (made: { execution_id: string }) =>
    void navigate({ to: "/executions/$id", params: { id: made.execution_id } });
  return (
    <div className="flex flex-wrap gap-2 md:col-span-2">
      <Button
        size="sm"
        busy={rerun.isPending}
        title={t`A new execution that takes over what was recorded before this step`}
        onClick={() => rerun.mutate({ from_step: log.step_key }, { onSuccess: go })}
      >
        <RotateCcw /> {t`Run again from here`}
      </Button>
      {log.status === "success" && (
        <Button
          size="sm"
          title={t`A new execution in which this step has answered something else`}
          onClick={() => setEditing(true)}
        >
          <PencilLine /> {t`Run on with another output`}
        </Button>
      )}
      {editing && <EditOutput execution={execution} log={log} onClose={() => setEditing(false)} />}
    </div>
  );
}
