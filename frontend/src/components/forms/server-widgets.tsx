/** Controls whose choices the server knows. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { get } from "@/api/client";
import type { Page, Workflow } from "@/api/types";
import { Input, Select } from "@/components/ui/field";
import { TimezoneInput } from "@/components/ui/timezone";
import { text, type WidgetProps } from "./widget";

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
