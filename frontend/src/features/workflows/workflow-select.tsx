import { t } from "@lingui/core/macro";
import { Select } from "@/components/ui/field";
import { useWorkflows } from "./queries";

interface Props {
  value: string | undefined;
  onChange: (slug: string | undefined) => void;
}

/** Which workflow a list is about; also one that is not among the first 200, or is deleted. */
export function WorkflowSelect({ value, onChange }: Props) {
  const { data } = useWorkflows({ limit: 200 });
  const known = data?.items.some((one) => one.slug === value);
  return (
    <Select
      aria-label={t`Workflow`}
      className="w-44"
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      <option value="">{t`All workflows`}</option>
      {value && !known && <option value={value}>{value}</option>}
      {data?.items.map((one) => (
        <option key={one.slug} value={one.slug}>
          {one.name}
        </option>
      ))}
    </Select>
  );
}
