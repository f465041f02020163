/** Running again with something changed: the input, or what a step answered. */
import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ExecutionDetail, Log } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, Textarea } from "@/components/ui/field";
import { shown } from "@/lib/format";
import { useRerun, useRunWith } from "./queries";
import { split } from "./value";

/** JSON that must be an object; what is wrong with it, in words. */
function parsed(text: string): { value?: Record<string, unknown>; fault?: string } {
  try {
    const value: unknown = JSON.parse(text || "{}");
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown> };
    return { fault: t`This must be an object: ${"{ … }"}.` };
  } catch (error) {
    return { fault: t`No valid JSON yet: ${(error as Error).message}` };
  }
}

export function EditInput({ execution, onClose }: { execution: ExecutionDetail; onClose: () => void }) {
  const navigate = useNavigate();
  const run = useRunWith(execution);
  const event = (execution.trigger_payload ?? {}) as { text?: string; payload?: unknown };
  const [text, setText] = useState(event.text ?? "");
  const [payload, setPayload] = useState(() => shown(event.payload ?? {}));
  const [version, setVersion] = useState(String(execution.version ?? "draft"));
  const { value, fault } = parsed(payload);
  const start = () =>
    run.mutate(
      { text, payload: value, version },
      {
        onSuccess: ({ execution_id }) => {
          onClose();
          void navigate({ to: "/executions/$id", params: { id: execution_id } });
        },
      },
    );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Run with another input`}
      description={t`A new execution by the same trigger.`}
      footer={
        <Button variant="primary" busy={run.isPending} disabled={!value} onClick={start}>
          {t`Run`}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label={t`Text`} optional>
          {(wiring) => (
            <Textarea {...wiring} value={text} onChange={(change) => setText(change.target.value)} />
          )}
        </Field>
        <Field
          label={t`Payload`}
          help={t`A JSON object; expressions see it as trigger.payload.`}
          error={fault}
        >
          {(wiring) => (
            <Textarea
              {...wiring}
              spellCheck={false}
              className="min-h-40 font-mono text-xs"
              value={payload}
              onChange={(change) => setPayload(change.target.value)}
            />
          )}
        </Field>
        <Field label={t`Version`}>
          {(wiring) => (
            <Select {...wiring} value={version} onChange={(change) => setVersion(change.target.value)}>
              {execution.version !== null && (
                <option
                  value={String(execution.version)}
                >{t`As it ran: version ${execution.version}`}</option>
              )}
              <option value="draft">{t`The draft as it is now`}</option>
              <option value="published">{t`The published version`}</option>
            </Select>
          )}
        </Field>
        {run.error && (
          <p role="alert" className="text-bad">
            {run.error.message}
          </p>
        )}
      </div>
    </Dialog>
  );
}

interface OutputProps {
  execution: ExecutionDetail;
  log: Log;
  onClose: () => void;
}

export function EditOutput({ execution, log, onClose }: OutputProps) {
  const navigate = useNavigate();
  const rerun = useRerun(execution.execution_id);
  const [text, setText] = useState(() => shown(split(log.output).plain ?? {}));
  const { value, fault } = parsed(text);
  const start = () =>
    rerun.mutate(
      { edits: { [log.step_key]: value } },
      {
        onSuccess: ({ execution_id }) => {
          onClose();
          void navigate({ to: "/executions/$id", params: { id: execution_id } });
        },
      },
    );
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Run on with another output of “${log.step_key}”`}
      description={t`A new execution: what follows this step runs again, the rest is taken over.`}
      footer={
        <Button variant="primary" busy={rerun.isPending} disabled={!value} onClick={start}>
          {t`Run`}
        </Button>
      }
    >
      <Field label={t`Output`} help={t`A JSON object with a member for each port.`} error={fault}>
        {(wiring) => (
          <Textarea
            {...wiring}
            spellCheck={false}
            className="min-h-52 font-mono text-xs"
            value={text}
            onChange={(change) => setText(change.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
