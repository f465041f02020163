import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Activity, Trash2 } from "lucide-react";
import { useState } from "react";
import { get, post } from "@/api/client";
import type { Execution, Page as List } from "@/api/types";
import { useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { useTicks, type Box } from "@/components/list/ticks";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Checkbox } from "@/components/ui/field";
import { Card, Empty, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { ofWorkflows, refreshSoon, useChannels } from "@/lib/channels";
import { duration, money } from "@/lib/format";
import { useZone } from "@/lib/zone";
import { useWorkflows } from "../workflows/queries";
import { ExecutionFilters } from "./filters";
import { applied, isNews, span } from "./live";
import { UNFINISHED } from "./queries";

const SIZE = 50;

export function ExecutionList() {
  const search = useSearch({ from: "/inside/executions" });
  const filters = useFilters(search);
  return (
    <Page title={t`Executions`}>
      <ExecutionFilters filters={filters} />
      <Found
        found={useExecutions(search)}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<Activity />} title={t`Nothing has run yet`}>
            {t`Open a workflow and press Run: each run is found here, with every step.`}
          </Empty>
        }
      >
        {(items) => <Table items={items} />}
      </Found>
    </Page>
  );
}

interface Wanted {
  status?: string;
  workflow?: string;
  trigger?: string;
  from?: string;
  to?: string;
  page?: number;
}

/** A page of the list. Events change its rows; only for a run that is not shown yet it is read again. */
function useExecutions({ page = 0, ...wanted }: Wanted) {
  const client = useQueryClient();
  const zone = useZone();
  const key = ["executions", { ...wanted, page, zone }];
  const found = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      get<List<Execution>>(
        "executions/",
        {
          status: wanted.status,
          workflow_slug: wanted.workflow,
          trigger: wanted.trigger,
          ...span(zone, wanted.from, wanted.to),
          limit: SIZE,
          offset: page * SIZE,
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const { data: workflows } = useWorkflows({ limit: 200 });
  const shown = found.data?.items.map((one) => one.workflow_slug) ?? [];
  const all = workflows?.items.map((one) => one.slug) ?? [];
  useChannels(ofWorkflows(wanted.workflow ? [wanted.workflow] : [...shown, ...all]), (event) => {
    const before = client.getQueryData<List<Execution>>(key);
    if (before) client.setQueryData(key, applied(before, event));
    if (page === 0 && isNews(before, event)) refreshSoon(client, key);
  });
  return found;
}

function Table({ items }: { items: Execution[] }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const drop = useMutation({
    mutationFn: (ids: string[]) => post("executions/batch-delete/", { ids }),
    onSettled: () => client.invalidateQueries({ queryKey: ["executions"] }),
  });
  const ended = items.filter((one) => !UNFINISHED.has(one.status)).map((one) => one.execution_id);
  const ticks = useTicks(ended);
  const many = ticks.ticked.length;
  return (
    <>
      <Card className="overflow-hidden">
        <table className="w-full text-left">
          <thead className="border-b border-line text-xs text-muted">
            <tr className="h-10">
              <th className="w-8 p-2 pl-3">
                <Checkbox aria-label={t`Choose all that have ended`} {...ticks.all} />
              </th>
              <th className="p-2 font-medium">{t`Status`}</th>
              <th className="p-2 font-medium">
                {many ? (
                  <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
                    <Trash2 /> {t`Delete ${many}`}
                  </Button>
                ) : (
                  t`Workflow`
                )}
              </th>
              <th className="hidden p-2 font-medium lg:table-cell">{t`Trigger`}</th>
              <th className="hidden p-2 font-medium lg:table-cell">{t`By`}</th>
              <th className="hidden p-2 font-medium sm:table-cell">{t`Started`}</th>
              <th className="hidden p-2 text-right font-medium sm:table-cell">{t`Took`}</th>
              <th className="hidden p-2 pr-3 text-right font-medium lg:table-cell">{t`Cost`}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <Row key={one.execution_id} execution={one} box={ticks.box(one.execution_id)} />
            ))}
          </tbody>
        </table>
      </Card>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t`Delete ${plural(many, { one: "# execution", other: "# executions" })}?`}
        action={t`Delete`}
        onConfirm={() => drop.mutateAsync(ticks.ticked)}
      >
        {t`Their steps, values and results are gone for good.`}
      </Confirm>
    </>
  );
}

function Row({ execution: one, box }: { execution: Execution; box: Box }) {
  const params = { id: one.execution_id };
  return (
    <tr className="border-b border-line last:border-0 hover:bg-hover/50">
      <td className="p-2 pl-3">
        <Checkbox aria-label={t`Choose execution ${one.execution_id}`} {...box} />
      </td>
      <td className="p-2 whitespace-nowrap">
        <Link to="/executions/$id" params={params}>
          <span className="sr-only">{t`Execution ${one.execution_id}:`} </span>
          <StatusBadge status={one.status} />
        </Link>
      </td>
      <td className="w-full max-w-0 p-2">
        <Link to="/executions/$id" params={params} className="block truncate hover:underline">
          {one.workflow_name}
        </Link>
        <When at={one.created_at} className="block text-xs text-muted sm:hidden" />
        {one.error_message && (
          <span className="block truncate text-xs text-bad" title={one.error_message}>
            {one.error_message}
          </span>
        )}
        {one.waiting_for && UNFINISHED.has(one.status) && (
          <span className="block truncate text-xs text-muted">
            <Trans>
              waits for {one.waiting_for.what} <When isDue at={one.waiting_for.next_wake} />
            </Trans>
          </span>
        )}
      </td>
      <td className="hidden p-2 text-muted lg:table-cell">{one.trigger_type.replace("trigger_", "")}</td>
      <td className="hidden p-2 text-muted lg:table-cell">{one.user}</td>
      <td className="hidden p-2 whitespace-nowrap text-muted sm:table-cell">
        <When at={one.created_at} />
      </td>
      <td className="hidden p-2 text-right whitespace-nowrap text-muted tabular-nums sm:table-cell">
        {duration(one.duration_ms)}
      </td>
      <td className="hidden p-2 pr-3 text-right text-muted tabular-nums lg:table-cell">
        {one.total_tokens ? money(one.total_cost_usd) : ""}
      </td>
    </tr>
  );
}
