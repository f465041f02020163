import { plural, t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleStop, Play, X } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { post } from "@/api/client";
import type { ExecutionDetail, Warning } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Field, Select, Textarea } from "@/components/ui/field";
import { Code } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { duration, money, shown } from "@/lib/format";
import { UNFINISHED } from "../executions/queries";
import { useDocument, useEditor, useRuns, type Inspect } from "./context";
import { questionOf, useEnded } from "./ended";
import { LongText } from "./long-text";
import { PayloadFields, takesInput, usePayload } from "./payload";
import { Queued } from "./queued";
import { useReport } from "./report";
import { follow, ownOf } from "./runs";
import { useRunInput } from "./run-input";
import type { Saving } from "./store";
import { ToolCalls } from "./tool-calls";

/** How expressions name it: no text. */
const TEXT_OF_EVENT = "{{ trigger.text }}";

/** Run at once, unless the input is to be given and the panel was not there for it. */
export interface RunSignal {
  wasShown: boolean;
}

interface Props {
  /** Something else stands before it; what it holds stays. */
  hidden?: boolean;
  /** Another one with each press of the Run button and the shortcut. */
  signal: RunSignal | null;
  onClose: () => void;
  onShowNode: Inspect;
}

/** Run the draft from a trigger, after the checklist; see how it ends. */
export function RunPanel({ hidden, signal, onClose, onShowNode }: Props) {
  const { slug, document, runs, types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const saving = useDocument((state) => state.saving);
  const triggers = Object.values(nodes).filter((node) => types.get(node.component_type)?.is_trigger);
  const [input, put] = useRunInput(slug);
  const { chosen, text } = input;
  const [found, setFound] = useState<ExecutionDetail | null>(null);
  const trigger = triggers.find((node) => node.node_id === chosen) ?? preferred(triggers);
  const payload = usePayload(trigger, input, put);
  const report = useReport();
  const executionId = useRuns((state) => ownOf(state).executionId);
  const status = useRuns((state) => ownOf(state).status);
  const busy = status === "pending" || status === "running";
  const tools = useRuns((state) => ownOf(state).tools);
  useEnded(executionId, setFound);
  const ended = found?.execution_id === executionId && !busy ? found : null;
  const run = useMutation({
    mutationFn: (body: unknown) =>
      post<{ execution_id: string }>(`workflows/${slug}/execute/`, body, { once: document.edition }),
    onSuccess: ({ execution_id }) => follow(runs, execution_id),
  });
  const cancel = useMutation({ mutationFn: () => post(`executions/${executionId}/cancel/`) });
  const start = () => {
    const given = payload.read();
    if (trigger && given !== undefined)
      run.mutate({ trigger_node_id: trigger.node_id, version: "draft", text, payload: given });
  };
  const fields = useRef<HTMLDivElement>(null);
  const ask = () => {
    const first = payload.schema ? "section :is(input, select, textarea)" : "textarea";
    fields.current?.querySelector<HTMLElement>(first)?.focus();
  };
  const [isQueued, setQueued] = useState(false); // pressed before everything is saved
  const isStarting = busy || isQueued || run.isPending;
  const signalled = useEffectEvent(({ wasShown }: RunSignal) => {
    if (!wasShown && trigger && takesInput(trigger, Object.values(nodes))) ask();
    else if (!isStarting) setQueued(true);
  });
  useEffect(() => {
    if (signal) signalled(signal);
  }, [signal]);
  const startQueued = useEffectEvent(() => {
    setQueued(false);
    start();
  });
  useEffect(() => {
    if (isQueued && saving === "saved") startQueued();
  }, [isQueued, saving]);
  return (
    <aside
      aria-label={t`Run`}
      tabIndex={-1}
      className={cn(
        hidden ? "hidden" : "flex",
        "w-full shrink-0 flex-col border-l border-line bg-panel sm:w-96",
      )}
    >
      <header className="flex items-center gap-2 border-b border-line p-3">
        <h2 className="grow font-semibold">{t`Run the draft`}</h2>
        <IconButton label={t`Close`} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div ref={fields} className="flex min-h-0 grow flex-col gap-4 overflow-auto p-3">
        {!trigger && (
          <p className="text-muted">{t`There is no trigger yet: add one, such as a manual trigger.`}</p>
        )}
        {triggers.length > 1 && (
          <Field label={t`From`}>
            {(wiring) => (
              <Select
                {...wiring}
                value={trigger?.node_id}
                onChange={(event) => put({ chosen: event.target.value })}
              >
                {triggers.map((node) => (
                  <option key={node.node_id} value={node.node_id}>
                    {node.label || types.get(node.component_type)?.label} ({node.node_id})
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Field label={t`Text`} optional help={t`What ${TEXT_OF_EVENT} shows.`}>
          {(wiring) => (
            <Textarea
              {...wiring}
              className="min-h-10"
              rows={2}
              value={text}
              onChange={(event) => put({ text: event.target.value })}
            />
          )}
        </Field>
        <PayloadFields of={payload} />
        <div className="flex gap-2">
          <Button
            variant="primary"
            disabled={!trigger || isStarting}
            busy={run.isPending}
            onClick={() => setQueued(true)}
          >
            <Play /> {t`Run`}
          </Button>
          {status && UNFINISHED.has(status) && (
            <Button variant="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
              <CircleStop /> {t`Stop`}
            </Button>
          )}
        </div>
        {isQueued && <Queued why={queuedWhy(saving)} onDrop={() => setQueued(false)} />}
        <Checklist problems={report?.problems} onShowNode={onShowNode} />
        {executionId && (
          <section className="flex flex-col gap-2 border-t border-line pt-3" aria-live="polite">
            <p className="flex items-center gap-2">
              <StatusBadge status={ended?.status ?? status ?? "pending"} />
              {ended && <span className="text-muted">{duration(ended.duration_ms)}</span>}
              {ended && ended.total_tokens > 0 && (
                <span className="text-muted">
                  {plural(ended.total_tokens, { one: "# token", other: "# tokens" })},{" "}
                  {money(ended.total_cost_usd)}
                </span>
              )}
              <Link
                to="/executions/$id"
                params={{ id: executionId }}
                className="ml-auto text-accent underline"
              >
                {t`Details`}
              </Link>
            </p>
            <ToolCalls calls={tools} />
            {ended?.error_message && (
              <p role="alert" className="text-bad">
                {ended.failed_node_id && (
                  <button
                    type="button"
                    className="font-mono underline"
                    onClick={() => onShowNode(ended.failed_node_id!, "run")}
                  >
                    {ended.failed_node_id}
                  </button>
                )}{" "}
                {ended.error_message}
              </p>
            )}
            {ended?.final_output != null && (
              <Code>
                <LongText text={shown(ended.final_output)} />
              </Code>
            )}
            {ended && questionOf(ended) && (
              <Link
                to="/executions/$id"
                params={{ id: ended.execution_id }}
                className="text-accent underline"
              >
                {t`It waits for a person: answer it`}
              </Link>
            )}
          </section>
        )}
      </div>
    </aside>
  );
}

function queuedWhy(saving: Saving): string {
  switch (saving) {
    case "offline":
      return t`Waits for the server, which is out of reach: it runs once your changes are saved.`;
    case "signed-out":
      return t`Waits until you have signed in again: it runs once your changes are saved.`;
    case "stopped":
      return t`Does not run: your changes cannot be saved.`;
    default:
      return t`Runs once your changes are saved.`;
  }
}

function preferred<T extends { component_type: string }>(triggers: T[]): T | undefined {
  return triggers.find((node) => node.component_type === "trigger_manual") ?? triggers[0];
}

function Checklist({ problems, onShowNode }: { problems: Warning[] | undefined; onShowNode: Inspect }) {
  if (!problems?.length)
    return <p className="text-xs text-muted">{problems ? t`Nothing is unfinished.` : t`Checking…`}</p>;
  return (
    <section>
      <h3 className="mb-1 text-xs font-semibold text-muted uppercase">{t`Before it runs`}</h3>
      <ul className="flex flex-col gap-1">
        {problems.map((problem) => (
          <li key={`${problem.node_id}${problem.field}${problem.message}`}>
            <button
              type="button"
              className="w-full rounded-md border border-warn/40 bg-warn/5 px-2 py-1.5 text-left text-warn"
              onClick={() => problem.node_id && onShowNode(problem.node_id, "config")}
            >
              {problem.message}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
