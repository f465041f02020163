import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { useNodeTypes } from "../workflows/queries";
import { WorkflowSelect } from "../workflows/workflow-select";

export interface Wanted {
  status?: string;
  workflow?: string;
  trigger?: string;
  from?: string;
  to?: string;
}

export const NOTHING: Wanted = {
  status: undefined,
  workflow: undefined,
  trigger: undefined,
  from: undefined,
  to: undefined,
};
const STATUSES = ["pending", "running", "waiting", "interrupted", "completed", "failed", "cancelled"];

export function Filters({ wanted, onChange }: { wanted: Wanted; onChange: (next: Wanted) => void }) {
  const { data: types } = useNodeTypes();
  const triggers = [...(types?.values() ?? [])].filter((type) => type.is_trigger);
  const date = (name: "from" | "to", label: string) => (
    <label className="flex items-center gap-1.5 text-muted">
      {label}
      <Input
        type="date"
        className="w-36"
        value={wanted[name] ?? ""}
        onChange={(event) => onChange({ [name]: event.target.value || undefined })}
      />
    </label>
  );
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <WorkflowSelect value={wanted.workflow} onChange={(workflow) => onChange({ workflow })} />
      <Select
        aria-label={t`Status`}
        className="w-36"
        value={wanted.status ?? ""}
        onChange={(event) => onChange({ status: event.target.value || undefined })}
      >
        <option value="">{t`Any status`}</option>
        {STATUSES.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      <Select
        aria-label={t`Trigger`}
        className="w-36"
        value={wanted.trigger ?? ""}
        onChange={(event) => onChange({ trigger: event.target.value || undefined })}
      >
        <option value="">{t`Any trigger`}</option>
        {triggers.map((type) => (
          <option key={type.component_type} value={type.component_type}>
            {type.label}
          </option>
        ))}
      </Select>
      {date("from", t`From`)}
      {date("to", t`To`)}
      {Object.values(wanted).some(Boolean) && (
        <Button size="sm" variant="ghost" onClick={() => onChange(NOTHING)}>
          <X /> {t`Clear`}
        </Button>
      )}
    </div>
  );
}
