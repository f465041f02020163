/** Controls whose choices the server knows. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { get } from "@/api/client";
import type { Credential, Page, Workflow } from "@/api/types";
import { Input, Select } from "@/components/ui/field";
import { TimezoneInput } from "@/components/ui/timezone";
import { text, type WidgetProps } from "./widget";

export function CredentialWidget({ wiring, field, value, onChange }: WidgetProps) {
  const { data } = useQuery({
    queryKey: ["credentials", { limit: 200 }],
    queryFn: () => get<Page<Credential>>("credentials/", { limit: 200 }),
  });
  const wanted = field.widget?.match(/^(\w+)_credential$/)?.[1];
  const found = data?.items.filter((one) => !wanted || one.credential_type === wanted) ?? [];
  return (
    <Select
      {...wiring}
      value={text(value)}
      onChange={(event) => onChange(Number(event.target.value) || null)}
    >
      <option value="">
        {data && !found.length ? t`None yet: add one under Credentials` : t`Choose a credential`}
      </option>
      {found.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </Select>
  );
}

/** A model's name: written, or chosen among those that the provider offers. */
export function ModelWidget({ wiring, value, onChange, siblings, root }: WidgetProps) {
  const list = useId();
  const credential = siblings("llm_credential_id", root.properties?.llm_credential_id ?? {});
  const { data, error } = useQuery({
    queryKey: ["models", credential],
    queryFn: () => get<Page<{ id: string }>>(`credentials/${credential}/models/`),
    enabled: typeof credential === "number",
    staleTime: 300_000,
    retry: false,
  });
  return (
    <>
      <Input {...wiring} list={list} value={text(value)} onChange={(event) => onChange(event.target.value)} />
      <datalist id={list}>
        {data?.items.map((model) => (
          <option key={model.id} value={model.id} />
        ))}
      </datalist>
      {error && (
        <p className="text-xs text-warn">{t`The models cannot be listed, but a name can be written: ${error.message}`}</p>
      )}
    </>
  );
}

export function WorkflowWidget({ wiring, value, onChange }: WidgetProps) {
  const { data } = useQuery({
    queryKey: ["workflows", { limit: 200 }],
    queryFn: () => get<Page<Workflow>>("workflows/", { limit: 200 }),
  });
  return (
    <Select {...wiring} value={text(value)} onChange={(event) => onChange(event.target.value)}>
      <option value="">{t`Choose a workflow`}</option>
      {data?.items.map((workflow) => (
        <option key={workflow.slug} value={workflow.slug}>
          {workflow.name}
        </option>
      ))}
    </Select>
  );
}

export function TimezoneWidget({ wiring, value, onChange }: WidgetProps) {
  return <TimezoneInput {...wiring} value={text(value)} onChange={(event) => onChange(event.target.value)} />;
}
