import { t } from "@lingui/core/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Mailbox, X } from "lucide-react";
import { get } from "@/api/client";
import type { Page as List } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { useZone } from "@/lib/zone";
import { span } from "../executions/live";
import { WorkflowSelect } from "../workflows/workflow-select";
import { Events, type Received } from "./events";

const SIZE = 50;
const statuses = (): Record<string, string> => ({
  started: t`Started a run`,
  failed: t`Started nothing`,
  held: t`Held (test mode)`,
});

export interface InboxSearch {
  status?: string;
  workflow?: string;
  q?: string;
  from?: string;
  to?: string;
  page?: number;
}

const NOTHING: InboxSearch = {
  status: undefined,
  workflow: undefined,
  q: undefined,
  from: undefined,
  to: undefined,
};

/** What came in from outside, what became of it, and letting it in again. */
export function InboxPage() {
  const { page = 0, ...wanted } = useSearch({ from: "/inside/inbox" });
  const navigate = useNavigate();
  const zone = useZone();
  const { data, error, refetch } = useQuery({
    queryKey: ["trigger-events", wanted, page, zone],
    queryFn: ({ signal }) =>
      get<List<Received>>(
        "trigger-events/",
        {
          status: wanted.status,
          workflow_slug: wanted.workflow,
          q: wanted.q,
          ...span(zone, wanted.from, wanted.to),
          limit: SIZE,
          offset: page * SIZE,
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const go = (next: InboxSearch) =>
    void navigate({ to: "/inbox", search: { ...wanted, ...next }, replace: true });
  const filtered = Object.values(wanted).some(Boolean);
  return (
    <Page title={t`Inbox`}>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          type="search"
          aria-label={t`Find events`}
          placeholder={t`In titles and events`}
          className="w-52"
          value={wanted.q ?? ""}
          onChange={(event) => go({ q: event.target.value || undefined })}
        />
        <WorkflowSelect value={wanted.workflow} onChange={(workflow) => go({ workflow })} />
        <Select
          aria-label={t`Status`}
          className="w-44"
          value={wanted.status ?? ""}
          onChange={(event) => go({ status: event.target.value || undefined })}
        >
          <option value="">{t`Any outcome`}</option>
          {Object.entries(statuses()).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        {(["from", "to"] as const).map((name) => (
          <label key={name} className="flex items-center gap-1.5 text-muted">
            {name === "from" ? t`From` : t`To`}
            <Input
              type="date"
              className="w-36"
              value={wanted[name] ?? ""}
              onChange={(event) => go({ [name]: event.target.value || undefined })}
            />
          </label>
        ))}
        {filtered && (
          <Button size="sm" variant="ghost" onClick={() => go(NOTHING)}>
            <X /> {t`Clear`}
          </Button>
        )}
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          {filtered ? (
            <Empty icon={<Mailbox />} title={t`None fits`}>
              <Button onClick={() => go(NOTHING)}>{t`Clear the filters`}</Button>
            </Empty>
          ) : (
            <Empty icon={<Mailbox />} title={t`Nothing has come in yet`}>
              {t`What webhooks, forms, chats and bots bring from outside is kept here, and can be let in again.`}
            </Empty>
          )}
        </Card>
      )}
      {data && data.items.length > 0 && <Events items={data.items} />}
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
