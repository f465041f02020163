import { t } from "@lingui/core/macro";
import { Choice, Days, FilterBar, type Filters } from "@/components/list/filters";
import { statusWord } from "@/components/ui/status";
import { useNodeTypes } from "../workflows/queries";
import { WorkflowFilter } from "../workflows/workflow-filter";

const STATUSES = ["pending", "running", "waiting", "interrupted", "completed", "failed", "cancelled"];

export function ExecutionFilters({ filters }: { filters: Filters }) {
  const { data: types } = useNodeTypes();
  const triggers = [...(types?.values() ?? [])].filter((type) => type.is_trigger);
  return (
    <FilterBar filters={filters}>
      <WorkflowFilter filters={filters} />
      <Choice
        filters={filters}
        name="status"
        label={t`Status`}
        any={t`Any status`}
        choices={Object.fromEntries(STATUSES.map((one) => [one, statusWord(one).toLowerCase()]))}
      />
      <Choice
        filters={filters}
        name="trigger"
        label={t`Trigger`}
        any={t`Any trigger`}
        choices={Object.fromEntries(triggers.map((type) => [type.component_type, type.label]))}
      />
      <Days filters={filters} />
    </FilterBar>
  );
}
