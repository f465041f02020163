import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema, Task } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Field, Textarea } from "@/components/ui/field";
import { Badge, Card, When } from "@/components/ui/misc";
import { SchemaForm } from "@/components/forms/schema-form";
import { useRespond } from "./queries";

/** A question to a person, with its form, and how it was answered. */
export function TaskCard({ task }: { task: Task }) {
  const respond = useRespond();
  const [comment, setComment] = useState("");
  const [data, setData] = useState<Record<string, unknown>>({});
  const schema = task.schema as Schema | null;
  const open = task.status === "pending";
  const answer = (decision: "confirmed" | "cancelled") =>
    respond.mutate({
      id: task.id,
      decision,
      comment,
      ...(schema && decision === "confirmed" ? { data } : {}),
    });
  return (
    <Card className="mb-3 p-4">
      <p className="mb-1 flex flex-wrap items-center gap-2 text-xs text-muted">
        <Link to="/executions/$id" params={{ id: task.execution_id }} className="text-accent hover:underline">
          {task.workflow_slug}
        </Link>
        asked <When at={task.created_at} />
        {open && task.expires_at && (
          <span>
            expires <When at={task.expires_at} />
          </span>
        )}
        {task.quorum > 1 && (
          <Badge>
            {task.answers.length} of {task.quorum}
          </Badge>
        )}
      </p>
      <p className="mb-3 text-base whitespace-pre-line">{task.prompt}</p>
      {open ? (
        <div className="flex flex-col gap-3">
          {schema && (
            <SchemaForm
              schema={schema}
              value={(name, field) => data[name] ?? field.default}
              onChange={(name, _field, value) => setData({ ...data, [name]: value })}
            />
          )}
          <Field label="Comment" optional>
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
          <div className="flex gap-2">
            <Button variant="primary" busy={respond.isPending} onClick={() => answer("confirmed")}>
              Confirm
            </Button>
            <Button busy={respond.isPending} onClick={() => answer("cancelled")}>
              Cancel
            </Button>
          </div>
        </div>
      ) : (
        <p className="text-muted">
          <Badge tone={task.decision === "confirmed" ? "ok" : "neutral"}>
            {task.decision ?? task.status}
          </Badge>{" "}
          {task.responded_by && `by ${task.responded_by} `}
          <When at={task.answered_at} /> {task.comment && `“${task.comment}”`}
        </p>
      )}
    </Card>
  );
}
