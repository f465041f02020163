import { t } from "@lingui/core/macro";
import { Search } from "lucide-react";
import { useState } from "react";
import type { ExecutionDetail, Log } from "@/api/types";
import { Input, Select } from "@/components/ui/field";
import { Card, Failure, Spinner } from "@/components/ui/misc";
import { Pager } from "@/components/ui/page";
import { statusWord } from "@/components/ui/status";
import { Section } from "./section";
import { Step } from "./step";
import { STEPS_PAGE, useLogs, WITH_DETAIL, type LogFilters } from "./queries";

const STATUSES = ["success", "failed", "skipped", "running"];

/** The steps of an execution in the order in which they began, with search, and page by page when there are many. */
export function Steps({ execution }: { execution: ExecutionDetail }) {
  const [filters, setFilters] = useState<LogFilters>({});
  const [page, setPage] = useState(0);
  const { logs } = execution;
  const filtered = Boolean(filters.q || filters.status);
  const remote = filtered || logs.length >= WITH_DETAIL;
  const mark = `${execution.status}${execution.attempt_group}${logs.length}`;
  const found = useLogs(execution.execution_id, filters, page, mark, remote);
  const items = remote ? (found.data?.items ?? []) : logs.slice(page * STEPS_PAGE, (page + 1) * STEPS_PAGE);
  const total = remote ? (found.data?.total ?? 0) : logs.length;
  const search = (next: LogFilters) => {
    setPage(0);
    setFilters({ ...filters, ...next });
  };
  return (
    <Section
      title={t`Steps`}
      actions={
        <>
          {remote && found.isFetching && <Spinner />}
          <div className="relative">
            <Search className="absolute top-2 left-2.5 size-4 text-muted" />
            <Input
              type="search"
              className="w-56 pl-8"
              aria-label={t`Search the steps`}
              placeholder={t`Find in names, values`}
              value={filters.q ?? ""}
              onChange={(event) => search({ q: event.target.value || undefined })}
            />
          </div>
          <Select
            aria-label={t`Status of the steps`}
            className="w-36"
            value={filters.status ?? ""}
            onChange={(event) => search({ status: event.target.value || undefined })}
          >
            <option value="">{t`Any status`}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {statusWord(status)}
              </option>
            ))}
          </Select>
        </>
      }
    >
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      <Timeline
        execution={execution}
        logs={items}
        empty={filtered ? t`No step fits.` : t`No step has run yet.`}
      />
      <Pager page={page} size={STEPS_PAGE} total={total} onPage={setPage} />
    </Section>
  );
}

function Timeline({ execution, logs, empty }: { execution: ExecutionDetail; logs: Log[]; empty: string }) {
  const rows = logs
    .filter((log) => log.final || log.status === "running" || log.status === "failed")
    .map((log) => ({ log, start: Date.parse(log.started_at ?? log.timestamp) }))
    .sort((a, b) => a.start - b.start || a.log.id - b.log.id);
  const begin = rows[0]?.start ?? 0;
  const length = Math.max(1, ...rows.map(({ log, start }) => start + log.duration_ms - begin));
  if (!rows.length) return <p className="text-muted">{empty}</p>;
  return (
    <Card>
      <ol>
        {rows.map(({ log, start }) => (
          <Step
            key={log.id}
            execution={execution}
            log={log}
            left={((start - begin) / length) * 100}
            width={(log.duration_ms / length) * 100}
          />
        ))}
      </ol>
    </Card>
  );
}
