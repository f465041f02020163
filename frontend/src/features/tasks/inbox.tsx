import { t } from "@lingui/core/macro";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { useChannels, useSoon } from "@/lib/channels";
import { useWorkflows } from "../workflows/queries";
import { WorkflowSelect } from "../workflows/workflow-select";
import { useTasks } from "./queries";
import { TaskCard } from "./task-card";

const SIZE = 20;
const statuses = (): Record<string, string> => ({
  pending: t`Waiting`,
  answered: t`Answered`,
  expired: t`Expired`,
  closed: t`Closed`,
  all: t`All`,
});
const kinds = (): Record<string, string> => ({
  approval: t`Questions`,
  outcome_unknown: t`Unknown outcomes`,
  callback: t`Callbacks`,
});

export function TaskInbox() {
  const { status = "pending", kind = "approval", workflow, page = 0 } = useSearch({ from: "/inside/tasks" });
  const navigate = useNavigate();
  const wanted = { status, kind, workflow_slug: workflow };
  const { data, error, refetch } = useTasks({ ...wanted, limit: SIZE, offset: page * SIZE });
  useNews();
  const go = (next: { status?: string; kind?: string; workflow?: string; page?: number }) =>
    void navigate({ to: "/tasks", search: { status, kind, workflow, ...next }, replace: true });
  const plain = status === "pending" && kind === "approval" && !workflow;
  const options = (of: Record<string, string>) =>
    Object.entries(of).map(([value, label]) => (
      <option key={value} value={value}>
        {label}
      </option>
    ));
  return (
    <Page title={t`Approvals`}>
      <div className="mb-3 flex flex-wrap gap-2">
        <Select
          aria-label={t`Which`}
          className="w-36"
          value={status}
          onChange={(event) => go({ status: event.target.value })}
        >
          {options(statuses())}
        </Select>
        <Select
          aria-label={t`Kind`}
          className="w-44"
          value={kind}
          onChange={(event) => go({ kind: event.target.value })}
        >
          {options(kinds())}
        </Select>
        <WorkflowSelect value={workflow} onChange={(next) => go({ workflow: next })} />
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data?.items.map((task) => (
        <TaskCard key={task.id} task={task} />
      ))}
      {data && !data.items.length && (
        <Card>
          {plain ? (
            <Empty icon={<Inbox />} title={t`Nothing waits for you`}>
              {t`Questions of workflows to you appear here, by the node “Ask a person”.`}
            </Empty>
          ) : (
            <Empty icon={<Inbox />} title={t`None fits`}>
              <Button onClick={() => go({ status: "pending", kind: "approval", workflow: undefined })}>
                {t`Show what waits`}
              </Button>
            </Empty>
          )}
        </Card>
      )}
      {data && (
        <Pager
          page={page}
          size={SIZE}
          total={data.total}
          onPage={(next) => go({ page: next || undefined })}
        />
      )}
    </Page>
  );
}

/** Questions that are nobody's in particular are told on their workflow's channel only. */
function useNews(): void {
  const client = useQueryClient();
  const { data } = useWorkflows({ limit: 200 });
  const slugs = data?.items.map((one) => one.slug) ?? [];
  const refresh = useSoon(() => void client.invalidateQueries({ queryKey: ["tasks"] }), 300);
  useChannels(
    slugs.map((slug) => `workflow:${slug}`),
    ({ type }) => {
      if (type === "task_updated" || type === "resync") refresh();
    },
  );
}
