import { t } from "@lingui/core/macro";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import { Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { duration, money } from "@/lib/format";
import { useWorkflow } from "../workflows/queries";
import { Chart } from "./chart";
import { useStats, type Day } from "./queries";
import { DayTable } from "./table";

const SPANS = [7, 30, 90, 366];

/** How a workflow fared day by day: its runs, how long they took, and what they cost. */
export function StatisticsPage() {
  const { slug } = useParams({ from: "/inside/workflows/$slug/statistics" });
  const { days = 30 } = useSearch({ from: "/inside/workflows/$slug/statistics" });
  const navigate = useNavigate();
  const { data: workflow } = useWorkflow(slug);
  const { data, error, refetch } = useStats(slug, days);
  const choose = (next: number) =>
    void navigate({
      to: "/workflows/$slug/statistics",
      params: { slug },
      search: { days: next },
      replace: true,
    });
  return (
    <Page
      title={t`Statistics of ${workflow?.name ?? slug}`}
      actions={
        <>
          <Link to="/workflows/$slug" params={{ slug }} className="text-accent hover:underline">
            {t`Open the workflow`}
          </Link>
          <Select
            aria-label={t`Time`}
            className="w-36"
            value={days}
            onChange={(event) => choose(Number(event.target.value))}
          >
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {t`${span} days`}
              </option>
            ))}
          </Select>
        </>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.total.runs && (
        <Card>
          <Empty icon={<ChartColumn />} title={t`Nothing has run in this time`}>
            {t`Run the workflow, or choose a longer time.`}
          </Empty>
        </Card>
      )}
      {data && data.total.runs > 0 && (
        <>
          <Totals total={data.total} p50={data.latency_ms.p50} p95={data.latency_ms.p95} />
          <Charts days={data.days} />
          <DayTable days={data.days} />
        </>
      )}
    </Page>
  );
}

function Totals({ total, p50, p95 }: { total: Day; p50?: number | null; p95?: number | null }) {
  const share = `${((total.failed / total.runs) * 100).toFixed(1)}%`;
  const facts: [string, string][] = [
    [t`Runs`, total.runs.toLocaleString("en")],
    [t`Failed`, `${total.failed.toLocaleString("en")} (${share})`],
    [t`Average`, duration(total.average_ms) || "–"],
    [t`Half are faster than`, duration(p50) || "–"],
    [t`95 of 100 are faster than`, duration(p95) || "–"],
    [t`Tokens`, total.total_tokens.toLocaleString("en")],
    [t`Cost`, money(total.total_cost_usd)],
  ];
  return (
    <dl className="mb-4 grid grid-cols-2 gap-3 sm:grid-cols-4">
      {facts.map(([name, value]) => (
        <Card key={name} className="p-3">
          <dt className="text-xs text-muted">{name}</dt>
          <dd className="m-0 text-lg font-semibold tabular-nums">{value}</dd>
        </Card>
      ))}
    </dl>
  );
}

function Charts({ days }: { days: Day[] }) {
  const dates = days.map((day) => day.date);
  const count = (value: number) => value.toLocaleString("en");
  return (
    <div className="mb-4 grid gap-3 md:grid-cols-2">
      <Chart
        title={t`Runs, and what failed of them`}
        dates={dates}
        values={days.map((day) => day.runs)}
        bad={days.map((day) => day.failed)}
        shown={count}
      />
      <Chart
        title={t`Average time`}
        dates={dates}
        values={days.map((day) => day.average_ms ?? 0)}
        shown={duration}
      />
      <Chart title={t`Tokens`} dates={dates} values={days.map((day) => day.total_tokens)} shown={count} />
      <Chart
        title={t`Cost`}
        dates={dates}
        values={days.map((day) => Number(day.total_cost_usd))}
        shown={money}
      />
    </div>
  );
}
