import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity, Trash2 } from "lucide-react";
import { useState } from "react";
import { get, post } from "@/api/client";
import type { Execution, Page as List } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Checkbox } from "@/components/ui/field";
import { Card, Empty, Failure, Loading, When } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { useChannels, useSoon } from "@/lib/channels";
import { duration, money } from "@/lib/format";
import { useZone } from "@/lib/zone";
import { useWorkflows } from "../workflows/queries";
import { Filters, NOTHING, type Wanted } from "./filters";
import { applied, isNews, span } from "./live";
import { UNFINISHED } from "./queries";

const SIZE = 50;

export function ExecutionList() {
  const { page = 0, ...wanted } = useSearch({ from: "/inside/executions" });
  const navigate = useNavigate();
  const { data, error, refetch } = useExecutions(wanted, page);
  const go = (next: Wanted & { page?: number }) =>
    void navigate({ to: "/executions", search: { ...wanted, ...next }, replace: true });
  const filtered = Object.values(wanted).some(Boolean);
  return (
    <Page title={t`Executions`}>
      <Filters wanted={wanted} onChange={go} />
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          {filtered ? (
            <Empty icon={<Activity />} title={t`None fits`}>
              <p className="mb-3">{t`Choose another workflow, status or time.`}</p>
              <Button onClick={() => go(NOTHING)}>{t`Clear the filters`}</Button>
            </Empty>
          ) : (
            <Empty icon={<Activity />} title={t`Nothing has run yet`}>
              {t`Open a workflow and press Run: each run is found here, with every step.`}
            </Empty>
          )}
        </Card>
      )}
      {data && data.items.length > 0 && <Table items={data.items} />}
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

/** A page of the list. Events change its rows; only for a run that is not shown yet it is read again. */
function useExecutions(wanted: Wanted, page: number) {
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
  const refresh = useSoon(() => void client.invalidateQueries({ queryKey: key }));
  const shown = found.data?.items.map((one) => one.workflow_slug) ?? [];
  const all = workflows?.items.map((one) => one.slug) ?? [];
  const slugs = wanted.workflow ? [wanted.workflow] : [...shown, ...all];
  useChannels(
    slugs.map((slug) => `workflow:${slug}`),
    (event) => {
      const before = client.getQueryData<List<Execution>>(key);
      if (before) client.setQueryData(key, applied(before, event));
      if (page === 0 && isNews(before, event)) refresh();
    },
  );
  return found;
}

function Table({ items }: { items: Execution[] }) {
  const client = useQueryClient();
  const [picked, setPicked] = useState<string[]>([]);
  const [asking, setAsking] = useState(false);
  const drop = useMutation({
    mutationFn: (ids: string[]) => post("executions/batch-delete/", { ids }),
    onSettled: () => client.invalidateQueries({ queryKey: ["executions"] }),
  });
  const ended = items.filter((one) => !UNFINISHED.has(one.status)).map((one) => one.execution_id);
  const chosen = picked.filter((id) => ended.includes(id));
  const toggle = (id: string) =>
    setPicked(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <>
      <Card className="overflow-x-auto">
        <table className="w-full text-left">
          <thead className="border-b border-line text-xs text-muted">
            <tr className="h-10">
              <th className="w-8 p-2 pl-3">
                <Checkbox
                  aria-label={t`Choose all that have ended`}
                  checked={chosen.length > 0 && chosen.length === ended.length}
                  disabled={!ended.length}
                  onChange={(event) => setPicked(event.target.checked ? ended : [])}
                />
              </th>
              <th className="p-2 font-medium">{t`Status`}</th>
              <th className="p-2 font-medium">
                {chosen.length ? (
                  <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
                    <Trash2 /> {t`Delete ${chosen.length}`}
                  </Button>
                ) : (
                  t`Workflow`
                )}
              </th>
              <th className="hidden p-2 font-medium sm:table-cell">{t`Trigger`}</th>
              <th className="hidden p-2 font-medium lg:table-cell">{t`By`}</th>
              <th className="hidden p-2 font-medium sm:table-cell">{t`Started`}</th>
              <th className="hidden p-2 text-right font-medium sm:table-cell">{t`Took`}</th>
              <th className="hidden p-2 pr-3 text-right font-medium md:table-cell">{t`Cost`}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <Row
                key={one.execution_id}
                execution={one}
                chosen={chosen.includes(one.execution_id)}
                onChoose={() => toggle(one.execution_id)}
              />
            ))}
          </tbody>
        </table>
      </Card>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t`Delete ${plural(chosen.length, { one: "# execution", other: "# executions" })}?`}
        action={t`Delete`}
        onConfirm={async () => {
          await drop.mutateAsync(chosen);
          setPicked([]);
        }}
      >
        {t`Their steps, values and results are gone for good.`}
      </Confirm>
    </>
  );
}

interface RowProps {
  execution: Execution;
  chosen: boolean;
  onChoose: () => void;
}

function Row({ execution: one, chosen, onChoose }: RowProps) {
  const params = { id: one.execution_id };
  return (
    <tr className="border-b border-line last:border-0 hover:bg-hover/50">
      <td className="p-2 pl-3">
        <Checkbox
          aria-label={t`Choose execution ${one.execution_id}`}
          checked={chosen}
          disabled={UNFINISHED.has(one.status)}
          onChange={onChoose}
        />
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
              waits for {one.waiting_for.what} <When at={one.waiting_for.next_wake} />
            </Trans>
          </span>
        )}
      </td>
      <td className="hidden p-2 text-muted sm:table-cell">{one.trigger_type.replace("trigger_", "")}</td>
      <td className="hidden p-2 text-muted lg:table-cell">{one.user}</td>
      <td className="hidden p-2 whitespace-nowrap text-muted sm:table-cell">
        <When at={one.created_at} />
      </td>
      <td className="hidden p-2 text-right whitespace-nowrap text-muted tabular-nums sm:table-cell">
        {duration(one.duration_ms)}
      </td>
      <td className="hidden p-2 pr-3 text-right text-muted tabular-nums md:table-cell">
        {one.total_tokens ? money(one.total_cost_usd) : ""}
      </td>
    </tr>
  );
}
