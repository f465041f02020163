import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Copy, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import type { Schema, Task } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Field, Textarea } from "@/components/ui/field";
import { Badge, Card, Code, When } from "@/components/ui/misc";
import { SchemaForm } from "@/components/forms/schema-form";
import { copyText } from "@/lib/copy";
import { shortId, shown } from "@/lib/format";
import { DelegateDialog } from "./delegate-dialog";
import { useRespond } from "./queries";

/** A question to a person, with its form, who has answered so far, and how it ended. */
export function TaskCard({ task }: { task: Task }) {
  const open = task.status === "pending";
  const confirmed = task.answers.filter((vote) => vote.decision === "confirmed").length;
  return (
    <Card className="mb-3 p-4">
      <p className="mb-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
        <Link to="/executions/$id" params={{ id: task.execution_id }} className="text-accent hover:underline">
          {t`${task.workflow_name}, execution ${shortId(task.execution_id)}`}
        </Link>
        <span>
          <Trans>
            asked <When at={task.created_at} /> by {task.node_id}
          </Trans>
        </span>
        {task.assignees.length > 0 && <span>{t`to ${task.assignees.join(", ")}`}</span>}
        {open && task.expires_at && (
          <Badge tone="warn">
            <Trans>
              expires <When isDue at={task.expires_at} />
            </Trans>
          </Badge>
        )}
        {task.quorum > 1 && <Badge tone="info">{t`${confirmed} of ${task.quorum} have confirmed`}</Badge>}
      </p>
      <p className="mb-3 text-base break-words whitespace-pre-line">{task.prompt}</p>
      {task.kind === "callback" && task.callback_path && <CallbackAddress path={task.callback_path} />}
      <Votes task={task} />
      {open ? <Answer task={task} /> : <Answered task={task} />}
    </Card>
  );
}

function CallbackAddress({ path }: { path: string }) {
  const address = `${location.origin}${path}`;
  return (
    <p className="mb-3 flex flex-wrap items-center gap-2 text-muted">
      <Trans>
        A program answers by a POST to <code className="text-xs break-all text-ink">{address}</code>
      </Trans>
      <Button size="sm" onClick={() => void copyText(address)}>
        <Copy /> {t`Copy`}
      </Button>
    </p>
  );
}

function Votes({ task: { answers, quorum } }: { task: Task }) {
  if (quorum <= 1 || !answers.length) return null;
  return (
    <ul aria-label={t`Answers so far`} className="mb-3 text-muted">
      {answers.map((vote) => (
        <li key={vote.actor}>
          <Badge tone={vote.decision === "confirmed" ? "ok" : "neutral"}>
            {decisions()[vote.decision] ?? vote.decision}
          </Badge>{" "}
          {vote.actor}, <When at={vote.at} /> {vote.comment && t`“${vote.comment}”`}
        </li>
      ))}
    </ul>
  );
}

function Answer({ task }: { task: Task }) {
  const respond = useRespond();
  const [comment, setComment] = useState("");
  const [data, setData] = useState<Record<string, unknown>>({});
  const [delegating, setDelegating] = useState(false);
  const schema = task.schema as Schema | null;
  const answer = (decision: "confirmed" | "cancelled") =>
    respond.mutate({
      id: task.id,
      decision,
      comment,
      ...(schema && decision === "confirmed" ? { data: { ...defaults(schema), ...data } } : {}),
    });
  const busy = (decision: string) => respond.isPending && respond.variables.decision === decision;
  return (
    <div className="flex flex-col gap-3">
      {schema?.properties && (
        <SchemaForm
          schema={schema}
          value={(name, field) => data[name] ?? field.default}
          onChange={(name, _field, value) => setData({ ...data, [name]: value })}
        />
      )}
      <Field label={t`Comment`} optional>
        {(wiring) => (
          <Textarea
            {...wiring}
            className="min-h-10"
            rows={2}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        )}
      </Field>
      {respond.error && (
        <p role="alert" className="text-bad">
          {respond.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          variant="primary"
          busy={busy("confirmed")}
          disabled={respond.isPending}
          onClick={() => answer("confirmed")}
        >
          {t`Confirm`}
        </Button>
        <Button busy={busy("cancelled")} disabled={respond.isPending} onClick={() => answer("cancelled")}>
          {t`Reject`}
        </Button>
        {task.kind === "approval" && (
          <Button variant="ghost" className="ml-auto" onClick={() => setDelegating(true)}>
            <UserRoundPlus /> {t`Hand over`}
          </Button>
        )}
      </div>
      {delegating && <DelegateDialog task={task} onClose={() => setDelegating(false)} />}
    </div>
  );
}

function defaults(schema: Schema): Record<string, unknown> {
  const fields = Object.entries(schema.properties ?? {}).filter(([, field]) => field.default !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, field.default]));
}

const decisions = (): Record<string, string> => ({
  confirmed: t`Confirmed`,
  cancelled: t`Rejected`,
  answered: t`Answered`,
  expired: t`Expired`,
  closed: t`Closed`,
});

function Answered({ task }: { task: Task }) {
  return (
    <>
      <p className="text-muted">
        <Badge tone={task.decision === "confirmed" ? "ok" : "neutral"}>
          {decisions()[task.decision || task.status] ?? (task.decision || task.status)}
        </Badge>{" "}
        {task.responded_by && t`by ${task.responded_by}`} <When at={task.answered_at} />{" "}
        {task.comment && t`“${task.comment}”`}
      </p>
      {task.response != null && <Code className="mt-2 max-h-40">{shown(task.response)}</Code>}
    </>
  );
}
