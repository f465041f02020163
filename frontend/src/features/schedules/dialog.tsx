import { t } from "@lingui/core/macro";
import { useState, type FormEvent } from "react";
import { CodeField } from "@/components/forms/code-field";
import { CronInput } from "@/components/forms/cron-input";
import { Fires } from "@/components/forms/fires";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, Textarea } from "@/components/ui/field";
import { TimezoneInput } from "@/components/ui/timezone";
import { useZone } from "@/lib/zone";
import { useNodeTypes, useWorkflow, useWorkflows } from "../workflows/queries";
import { changeOf, draftOf, faultsOf, secondsOf, units, type Draft } from "./draft";
import { Choice, Count, NumberInput, Text } from "./inputs";
import type { Schedule } from "./queries";
import { useSave } from "./saving";

/** Make a schedule, or change one. */
export function ScheduleDialog({ schedule, onClose }: { schedule: Schedule | null; onClose: () => void }) {
  const zone = useZone();
  const [draft, setDraft] = useState(() => draftOf(schedule, zone));
  const [tried, setTried] = useState(false);
  const { data: workflows } = useWorkflows({ limit: 200 });
  const save = useSave(schedule?.id ?? null);
  const faults = faultsOf(draft);
  const said = Object.entries(save.error?.fields ?? {}).map(([name, sentences]) => [
    name,
    sentences[0] ?? "",
  ]);
  const errors: Record<string, string> = { ...Object.fromEntries(said), ...(tried ? faults : {}) };
  const set = (patch: Partial<Draft>) => setDraft({ ...draft, ...patch });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length) return;
    const workflow_id = workflows?.items.find((one) => one.slug === draft.workflow)?.id;
    save.mutate(schedule ? changeOf(draft) : { ...changeOf(draft), workflow_id }, { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      className="w-[min(44rem,calc(100vw-2rem))]"
      title={schedule ? t`Edit “${schedule.name}”` : t`New schedule`}
      description={
        schedule?.of_node
          ? t`It was started by its node. When that starts it again, the node's settings come back.`
          : undefined
      }
      footer={
        <Button type="submit" form="schedule" variant="primary" busy={save.isPending}>
          {schedule ? t`Save` : t`Create`}
        </Button>
      }
    >
      <form id="schedule" noValidate className="flex flex-col gap-4" onSubmit={submit}>
        <Text label={t`Name`} error={errors.name} value={draft.name} onChange={(name) => set({ name })} />
        {!schedule && (
          <Field label={t`Workflow`} error={errors.workflow ?? errors.workflow_id}>
            {(wiring) => (
              <Select
                {...wiring}
                value={draft.workflow}
                onChange={(event) => set({ workflow: event.target.value, trigger: "" })}
              >
                <option value="">{t`Choose a workflow`}</option>
                {workflows?.items.map((one) => (
                  <option key={one.slug} value={one.slug}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {draft.workflow && (
          <Trigger key={draft.workflow} draft={draft} error={errors.trigger_node_id} onChange={set} />
        )}
        <When draft={draft} errors={errors} onChange={set} />
        <Rest draft={draft} errors={errors} onChange={set} />
        {save.error && !said.length && (
          <p role="alert" className="text-bad">
            {save.error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}

interface Part {
  draft: Draft;
  errors: Record<string, string>;
  onChange: (patch: Partial<Draft>) => void;
}

function Trigger({ draft, error, onChange }: Omit<Part, "errors"> & { error?: string }) {
  const { data } = useWorkflow(draft.workflow);
  const { data: types } = useNodeTypes();
  const triggers = data?.nodes.filter((node) => types?.get(node.component_type)?.is_trigger) ?? [];
  const none = data && types && !triggers.length;
  return (
    <Field
      label={t`Trigger`}
      error={error}
      help={
        none
          ? t`This workflow has no trigger yet: add one in its editor.`
          : t`The node that each run starts from.`
      }
    >
      {(wiring) => (
        <Select
          {...wiring}
          value={draft.trigger}
          onChange={(event) => onChange({ trigger: event.target.value })}
        >
          <option value="">{t`Choose a trigger`}</option>
          {triggers.map((node) => (
            <option key={node.node_id} value={node.node_id}>
              {node.label || types?.get(node.component_type)?.label} ({node.node_id})
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function When({ draft, errors, onChange }: Part) {
  const seconds = secondsOf(draft);
  return (
    <>
      <fieldset className="flex gap-4">
        <legend className="mb-1 text-sm font-medium">{t`When`}</legend>
        {(["cron", "interval"] as const).map((by) => (
          <label key={by} className="flex items-center gap-1.5">
            <input
              type="radio"
              name="by"
              className="accent-accent"
              checked={draft.by === by}
              onChange={() => onChange({ by })}
            />
            {by === "cron" ? t`At set times` : t`Again and again after a while`}
          </label>
        ))}
      </fieldset>
      {draft.by === "cron" ? (
        <>
          <Field label={t`Times`} error={errors.cron}>
            {(wiring) => (
              <CronInput
                wiring={wiring}
                required
                value={draft.cron}
                timezone={draft.timezone}
                onChange={(cron) => onChange({ cron })}
              />
            )}
          </Field>
          <Field
            label={t`Time zone`}
            error={errors.timezone}
            help={t`The clock that the times are read from.`}
          >
            {(wiring) => (
              <TimezoneInput
                {...wiring}
                value={draft.timezone}
                onChange={(event) => onChange({ timezone: event.target.value })}
              />
            )}
          </Field>
        </>
      ) : (
        <Field label={t`Every`} error={errors.interval_seconds}>
          {(wiring) => (
            <div className="flex flex-col gap-2">
              <div className="flex gap-2">
                <NumberInput
                  wiring={wiring}
                  value={draft.every}
                  min={1}
                  onChange={(every) => onChange({ every })}
                />
                <Select
                  aria-label={t`Unit`}
                  value={draft.unit}
                  onChange={(event) => onChange({ unit: Number(event.target.value) })}
                >
                  {units().map(([name, size]) => (
                    <option key={name} value={size}>
                      {name}
                    </option>
                  ))}
                </Select>
              </div>
              {seconds >= 1 && <Fires timing={{ interval_seconds: seconds, timezone: draft.timezone }} />}
            </div>
          )}
        </Field>
      )}
    </>
  );
}

const overlaps = () => ({
  skip: t`Leave this run out`,
  queue: t`Wait until it has ended`,
  allow: t`Start all the same`,
});
const catchUps = () => ({ skip: t`None of them`, once: t`One for all`, all: t`Each of them` });

function Rest({ draft, errors, onChange }: Part) {
  return (
    <details className="border-t border-line pt-2">
      <summary className="py-1 font-medium text-muted">{t`How often, overlap, payload`}</summary>
      <div className="grid gap-4 pt-2 sm:grid-cols-2">
        <Count
          label={t`Runs in all`}
          help={t`Empty: without end.`}
          min={1}
          error={errors.total_repeats}
          value={draft.repeats}
          onChange={(repeats) => onChange({ repeats })}
        />
        <Count
          label={t`Retries of a failed run`}
          min={0}
          error={errors.max_retries}
          help={t`When all are used up the schedule stops. 0: it goes on with the next run.`}
          value={draft.retries}
          onChange={(retries) => onChange({ retries })}
        />
        <Count
          label={t`Time-out`}
          help={t`Seconds; a run that takes longer is cancelled. Empty: none.`}
          min={1}
          error={errors.timeout_seconds}
          value={draft.timeout}
          onChange={(timeout) => onChange({ timeout })}
        />
        <Choice
          label={t`If the last run still goes on`}
          value={draft.overlap}
          choices={overlaps()}
          onChange={(overlap) => onChange({ overlap })}
        />
        <Choice
          label={t`Runs that were missed`}
          value={draft.catch_up}
          choices={catchUps()}
          onChange={(catch_up) => onChange({ catch_up })}
        />
        <Field
          className="sm:col-span-2"
          label={t`Payload`}
          help={t`An object that each run gets.`}
          error={errors.trigger_payload}
        >
          {(wiring) => (
            <CodeField
              wiring={wiring}
              language="json"
              value={draft.payload}
              onChange={(payload) => onChange({ payload })}
            />
          )}
        </Field>
        <Field className="sm:col-span-2" label={t`Description`} error={errors.description}>
          {(wiring) => (
            <Textarea
              {...wiring}
              maxLength={10_000}
              value={draft.description}
              onChange={(event) => onChange({ description: event.target.value })}
            />
          )}
        </Field>
      </div>
    </details>
  );
}
