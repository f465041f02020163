import { t } from "@lingui/core/macro";
import { Choice, type Filters } from "@/components/list/filters";
import { useWorkflows } from "./queries";

/** Which workflow a list is about; also one that is not among the first 200, or is deleted. */
export function WorkflowFilter({ filters }: { filters: Filters }) {
  const { data } = useWorkflows({ limit: 200 });
  const { workflow } = filters.wanted;
  const known = Object.fromEntries(data?.items.map((one) => [one.slug, one.name]) ?? []);
  const choices = workflow && !known[workflow] ? { [workflow]: workflow, ...known } : known;
  return (
    <Choice filters={filters} name="workflow" label={t`Workflow`} any={t`All workflows`} choices={choices} />
  );
}
