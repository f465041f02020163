import { t } from "@lingui/core/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Mailbox } from "lucide-react";
import { get } from "@/api/client";
import type { Page as List } from "@/api/types";
import { Choice, Days, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { Empty } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { useZone } from "@/lib/zone";
import { span } from "../executions/live";
import { WorkflowFilter } from "../workflows/workflow-filter";
import { Events, type Received } from "./events";

const SIZE = 50;
const statuses = (): Record<string, string> => ({
  started: t`Started a run`,
  failed: t`Started nothing`,
  held: t`Held (test mode)`,
});

/** What came in from outside, what became of it, and letting it in again. */
export function InboxPage() {
  const search = useSearch({ from: "/inside/inbox" });
  const filters = useFilters(search);
  const zone = useZone();
  const found = useQuery({
    queryKey: ["trigger-events", search, zone],
    queryFn: ({ signal }) =>
      get<List<Received>>(
        "trigger-events/",
        {
          status: search.status,
          workflow_slug: search.workflow,
          q: search.q,
          ...span(zone, search.from, search.to),
          limit: SIZE,
          offset: filters.page * SIZE,
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t`Inbox`}>
      <FilterBar filters={filters}>
        <Find filters={filters} label={t`Find events`} placeholder={t`In titles and events`} />
        <WorkflowFilter filters={filters} />
        <Choice filters={filters} name="status" label={t`Status`} any={t`Any outcome`} choices={statuses()} />
        <Days filters={filters} />
      </FilterBar>
      <Found
        found={found}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<Mailbox />} title={t`Nothing has come in yet`}>
            {t`What webhooks, forms, chats and bots bring from outside is kept here, and can be let in again.`}
          </Empty>
        }
      >
        {(items) => <Events items={items} />}
      </Found>
    </Page>
  );
}
