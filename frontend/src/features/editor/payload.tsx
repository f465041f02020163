/** What a run is given beside its text: by a form of the trigger's schema if it has one, else as JSON. */
import { t } from "@lingui/core/macro";
import { useState } from "react";
import type { Schema, WorkflowNode } from "@/api/types";
import { faultsOf } from "@/components/forms/faults";
import { propertiesOf } from "@/components/forms/json-schema";
import { resolved, SchemaForm } from "@/components/forms/schema-form";
import { Field, Textarea } from "@/components/ui/field";
import { configValue } from "./graph";
import type { RunInput } from "./run-input";

/** How a payload is written, and how expressions name it: no texts. */
const PAYLOAD = '{"name": "value"}';
const PAYLOAD_OF_EVENT = "{{ trigger.payload }}";
const BODY_OF_EVENT = "{{ trigger.body }}";

type Values = Record<string, unknown>;

/** The trigger's input schema, if a form can be made of it. */
export function formOf(trigger: WorkflowNode | undefined): Schema | null {
  if (!trigger || trigger.warnings?.some((one) => one.field?.endsWith("input_schema"))) return null;
  const schema = configValue(trigger.config, "input_schema", {});
  return propertiesOf(schema)?.length ? (schema as Schema) : null;
}

/** Those that bring nothing unless it is asked for by a form. */
const BARE = new Set(["trigger_manual", "trigger_schedule"]);

/** Whether a run from this trigger means little without an input; `nodes` are those of the workflow. */
export function takesInput(trigger: WorkflowNode, nodes: WorkflowNode[]): boolean {
  if (formOf(trigger) !== null || !BARE.has(trigger.component_type)) return true;
  const used = new RegExp(`\\b(trigger|${trigger.node_id})\\.(payload|text)\\b`);
  return nodes.some(({ config }) => used.test(JSON.stringify(config)));
}

/** What a form's field holds: what was filled in, else its default. A box that is not ticked says no; an empty text
 * says nothing. */
function given(values: Values, name: string, raw: Schema, schema: Schema): unknown {
  const field = resolved(raw, schema);
  const value =
    name in values ? values[name] : (field.default ?? (field.type === "boolean" ? false : undefined));
  return value === "" || value === null ? undefined : value;
}

/** The payload that a form gives: what is left empty stays out of it. */
export function filled(schema: Schema, values: Values): Values {
  const all = Object.entries(schema.properties ?? {}).map(([name, raw]) => [
    name,
    given(values, name, raw, schema),
  ]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

export function usePayload(
  trigger: WorkflowNode | undefined,
  { written, values }: RunInput,
  put: (patch: Partial<RunInput>) => void,
) {
  const schema = formOf(trigger);
  const [fault, setFault] = useState("");
  const [tried, setTried] = useState(false);
  const valueOf = (name: string, raw: Schema) => given(values, name, raw, schema!);
  const faults = schema ? Object.entries(faultsOf(schema, valueOf)) : [];
  /** The payload; undefined if it does not fit, which is then shown. */
  const read = (): unknown => {
    setTried(true);
    if (schema) return faults.length ? undefined : filled(schema, values);
    setFault("");
    try {
      return written.trim() ? JSON.parse(written) : {};
    } catch (error) {
      setFault(t`No valid JSON: ${(error as Error).message}`);
    }
  };
  const errors = Object.fromEntries(faults.filter(([name]) => tried || name in values));
  const set = (name: string, _field: Schema, value: unknown) => put({ values: { ...values, [name]: value } });
  const setWritten = (text: string) => put({ written: text });
  const named = trigger?.component_type === "trigger_webhook" ? BODY_OF_EVENT : PAYLOAD_OF_EVENT;
  return { schema, valueOf, set, errors, written, setWritten, fault, read, named };
}

export function PayloadFields({ of: payload }: { of: ReturnType<typeof usePayload> }) {
  const { schema, valueOf, set, errors, written, setWritten, fault, named } = payload;
  if (schema)
    return (
      <section aria-label={t`Payload`}>
        <SchemaForm schema={schema} value={valueOf} onChange={set} errors={errors} />
      </section>
    );
  return (
    <Field label={t`Payload`} optional help={t`A JSON object: ${named}.`} error={fault || undefined}>
      {(wiring) => (
        <Textarea
          {...wiring}
          className="font-mono text-xs"
          spellCheck={false}
          placeholder={PAYLOAD}
          value={written}
          onChange={(event) => setWritten(event.target.value)}
        />
      )}
    </Field>
  );
}
