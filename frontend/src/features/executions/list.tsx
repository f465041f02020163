import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { get } from "@/api/client";
import type { Execution, Page as List } from "@/api/types";
import { useMe } from "@/app/session";
import { Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading, When } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { duration, money } from "@/lib/format";
import { useChannel } from "@/lib/live";
import { useWorkflows } from "../workflows/queries";

const SIZE = 50;
const STATUSES = ["pending", "running", "waiting", "interrupted", "completed", "failed", "cancelled"];

export function ExecutionList() {
  const { status, workflow, page = 0 } = useSearch({ from: "/inside/executions" });
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data: me } = useMe();
  const { data: workflows } = useWorkflows({ limit: 200 });
  const { data, error, refetch } = useQuery({
    queryKey: ["executions", { status, workflow, page }],
    queryFn: ({ signal }) =>
      get<List<Execution>>(
        "executions/",
        { status, workflow_slug: workflow, limit: SIZE, offset: page * SIZE },
        signal,
      ),
    placeholderData: (before) => before,
  });
  const refresh = () => void client.invalidateQueries({ queryKey: ["executions"] });
  useChannel(workflow ? `workflow:${workflow}` : null, (event) => {
    if (event.type.startsWith("execution_") || event.type === "resync") refresh();
  });
  useChannel(me && !workflow ? `user:${me.id}` : null, refresh);
  const filter = (next: { status?: string; workflow?: string; page?: number }) =>
    void navigate({ to: "/executions", search: { status, workflow, ...next }, replace: true });
  return (
    <Page
      title="Executions"
      actions={
        <>
          <Select
            aria-label="Workflow"
            className="w-44"
            value={workflow ?? ""}
            onChange={(event) => filter({ workflow: event.target.value || undefined, page: undefined })}
          >
            <option value="">All workflows</option>
            {workflows?.items.map((one) => (
              <option key={one.slug} value={one.slug}>
                {one.name}
              </option>
            ))}
          </Select>
          <Select
            aria-label="Status"
            className="w-36"
            value={status ?? ""}
            onChange={(event) => filter({ status: event.target.value || undefined, page: undefined })}
          >
            <option value="">Any status</option>
            {STATUSES.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<Activity />} title={status || workflow ? "None fits" : "Nothing has run yet"}>
            {status || workflow
              ? "Choose another status or workflow."
              : "Open a workflow and press Run: each run is found here, with every step."}
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card className="overflow-x-auto">
          <table className="w-full text-left">
            <thead className="border-b border-line text-xs text-muted">
              <tr>
                <th className="p-2 pl-3 font-medium">Status</th>
                <th className="p-2 font-medium">Workflow</th>
                <th className="hidden p-2 font-medium sm:table-cell">Trigger</th>
                <th className="p-2 font-medium">Started</th>
                <th className="hidden p-2 font-medium sm:table-cell">Took</th>
                <th className="hidden p-2 font-medium md:table-cell">Cost</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((one) => (
                <tr key={one.execution_id} className="border-b border-line last:border-0 hover:bg-hover/50">
                  <td className="p-2 pl-3">
                    <Link
                      to="/executions/$id"
                      params={{ id: one.execution_id }}
                      aria-label={`Execution ${one.execution_id}: ${one.status}`}
                    >
                      <StatusBadge status={one.status} />
                    </Link>
                  </td>
                  <td className="max-w-xs p-2">
                    <Link to="/executions/$id" params={{ id: one.execution_id }} className="hover:underline">
                      {one.workflow_slug}
                    </Link>
                    {one.error_message && (
                      <span className="block truncate text-xs text-bad">{one.error_message}</span>
                    )}
                  </td>
                  <td className="hidden p-2 text-muted sm:table-cell">
                    {one.trigger_type.replace("trigger_", "")}
                  </td>
                  <td className="p-2 text-muted">
                    <When at={one.created_at} />
                  </td>
                  <td className="hidden p-2 text-muted sm:table-cell">{duration(one.duration_ms)}</td>
                  <td className="hidden p-2 text-muted md:table-cell">
                    {one.total_tokens ? money(one.total_cost_usd) : ""}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      )}
      {data && (
        <Pager
          page={page}
          size={SIZE}
          total={data.total}
          onPage={(next) => filter({ page: next || undefined })}
        />
      )}
    </Page>
  );
}
