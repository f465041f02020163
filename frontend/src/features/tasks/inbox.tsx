import { t } from "@lingui/core/macro";
import { useSearch } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { Choice, FilterBar, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { Empty } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { useWorkflows } from "../workflows/queries";
import { WorkflowFilter } from "../workflows/workflow-filter";
import { isNews, SOON_MS, useTasks } from "./queries";
import { TaskCard } from "./task-card";

const SIZE = 20;
const statuses = (): Record<string, string> => ({
  answered: t`Answered`,
  expired: t`Expired`,
  closed: t`Closed`,
  all: t`All`,
});
const kinds = (): Record<string, string> => ({
  outcome_unknown: t`Unknown outcomes`,
  callback: t`Callbacks`,
});

export function TaskInbox() {
  const search = useSearch({ from: "/inside/tasks" });
  const { status, kind, workflow } = search;
  const filters = useFilters(search);
  const found = useTasks({ status, kind, workflow_slug: workflow, limit: SIZE, offset: filters.page * SIZE });
  const { data: workflows } = useWorkflows({ limit: 200 });
  // questions that are nobody's in particular are told on their workflow's channel only
  useFresh(["tasks"], ofWorkflows(workflows?.items.map((one) => one.slug) ?? []), isNews, SOON_MS);
  return (
    <Page title={t`Approvals`}>
      <FilterBar filters={filters}>
        <Choice filters={filters} name="status" label={t`Which`} any={t`Waiting`} choices={statuses()} />
        <Choice filters={filters} name="kind" label={t`Kind`} any={t`Questions`} choices={kinds()} />
        <WorkflowFilter filters={filters} />
      </FilterBar>
      <Found
        found={found}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<Inbox />} title={t`Nothing waits for you`}>
            {t`Questions of workflows to you appear here, by the node “Ask a person”.`}
          </Empty>
        }
      >
        {(items) => items.map((task) => <TaskCard key={task.id} task={task} />)}
      </Found>
    </Page>
  );
}
