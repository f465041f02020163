import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Zap } from "lucide-react";
import { get } from "@/api/client";
import type { Page as List } from "@/api/types";
import { useMe } from "@/app/session";
import { Choice, Days, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { Empty } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { useZone } from "@/lib/zone";
import { span } from "../executions/live";
import { WorkflowFilter } from "../workflows/workflow-filter";
import { Events, outcomes, type Received } from "./events";

const SIZE = 50;
const AUDIT_LOG = "/admin/accounts/auditentry/";

/** What came in from outside, what became of it, and letting it in again. */
export function InboxPage() {
  const search = useSearch({ from: "/inside/inbox" });
  const filters = useFilters(search);
  const zone = useZone();
  const { data: me } = useMe();
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
    <Page
      title={t`Trigger events`}
      about={
        <>
          {t`What webhooks, forms, chats and bots have brought from outside, and what became of each. Calls that were refused, such as for a wrong secret, are not here.`}{" "}
          {me?.role === "admin" && (
            <Trans>
              They are in{" "}
              <a href={AUDIT_LOG} className="text-accent underline">
                the audit log of Django's admin
              </a>
              , which asks for your password.
            </Trans>
          )}
        </>
      }
    >
      <FilterBar filters={filters}>
        <Find filters={filters} label={t`Find events`} placeholder={t`In titles and events`} />
        <WorkflowFilter filters={filters} />
        <Choice filters={filters} name="status" label={t`Status`} any={t`Any outcome`} choices={outcomes()} />
        <Days filters={filters} />
      </FilterBar>
      <Found
        found={found}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<Zap />} title={t`Nothing has come in yet`}>
            {t`Activate a workflow with a webhook, form, chat or Telegram trigger: each event that starts it is kept here, and can be let in again.`}
          </Empty>
        }
      >
        {(items) => <Events items={items} />}
      </Found>
    </Page>
  );
}
