import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { toast } from "sonner";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import type { Page as List } from "@/api/types";
import { Choice, FilterBar, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { TickList, useTicks, type Box } from "@/components/list/ticks";
import { Button } from "@/components/ui/button";
import { Expandable } from "@/components/ui/expandable";
import { Checkbox } from "@/components/ui/field";
import { Code, Empty, Part, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { StatusBadge, statusWord } from "@/components/ui/status";
import { ofWorkflows, useFresh } from "@/lib/channels";
import { shown } from "@/lib/format";
import { WorkflowFilter } from "../workflows/workflow-filter";
import { channels, kinds, wayOf } from "./words";

type Delivery = components["schemas"]["DeliveryShape"];

const SIZE = 50;
const STATUSES = ["pending", "sending", "sent", "failed", "cancelled"];
const again = (one: Delivery) => one.status === "failed" || one.status === "sent";

/** What executions have sent to the world outside, and what became of it. */
export function DeliveriesPage() {
  const search = useSearch({ from: "/inside/deliveries" });
  const filters = useFilters(search);
  const { status, channel, kind, workflow } = search;
  const found = useQuery({
    queryKey: ["deliveries", search],
    queryFn: ({ signal }) =>
      get<List<Delivery>>(
        "deliveries/",
        { status, channel, kind, workflow_slug: workflow, limit: SIZE, offset: filters.page * SIZE },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t`Deliveries`}>
      <FilterBar filters={filters}>
        <WorkflowFilter filters={filters} />
        <Choice
          filters={filters}
          name="status"
          label={t`Status`}
          any={t`Any status`}
          choices={Object.fromEntries(STATUSES.map((one) => [one, statusWord(one)]))}
        />
        <Choice
          filters={filters}
          name="channel"
          label={t`Channel`}
          any={t`Any channel`}
          choices={channels()}
        />
        <Choice filters={filters} name="kind" label={t`Kind`} any={t`Any kind`} choices={kinds()} />
      </FilterBar>
      <Found
        found={found}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<Send />} title={t`Nothing was sent yet`}>
            {t`Replies, results, questions and notices that leave by mail, Telegram or callback are kept here, with what became of them.`}
          </Empty>
        }
      >
        {(items) => <Deliveries items={items} />}
      </Found>
    </Page>
  );
}

function Deliveries({ items }: { items: Delivery[] }) {
  const client = useQueryClient();
  const ticks = useTicks(items.filter(again).map((one) => one.id));
  const { ticked } = ticks;
  useFresh(
    ["deliveries"],
    ofWorkflows(items.map((one) => one.workflow_slug)),
    ({ type }) => type === "delivery_updated",
  );
  const resend = useMutation({
    mutationFn: async (ids: string[]) => {
      for (const id of ids) await post(`deliveries/${id}/resend/`, undefined, { once: true });
      return ids.length;
    },
    onSuccess: (many) => {
      ticks.clear();
      toast.success(t`${plural(many, { one: "# delivery", other: "# deliveries" })} will be sent again.`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  return (
    <TickList
      ticks={ticks}
      label={t`Choose all that can be sent again`}
      deeds={
        <Button size="sm" busy={resend.isPending} onClick={() => resend.mutate(ticked)}>
          <Send /> {t`Send ${ticked.length} again`}
        </Button>
      }
    >
      {items.map((one) => (
        <Row
          key={one.id}
          delivery={one}
          box={ticks.box(one.id)}
          onResend={() => resend.mutate([one.id])}
          busy={resend.isPending && resend.variables.includes(one.id)}
        />
      ))}
    </TickList>
  );
}

interface RowProps {
  delivery: Delivery;
  box: Box;
  busy: boolean;
  onResend: () => void;
}

function Row({ delivery: one, box, busy, onResend }: RowProps) {
  const name = t`${kinds()[one.kind] ?? one.kind} of ${one.workflow_slug}`;
  return (
    <Expandable
      before={<Checkbox aria-label={t`Choose ${name}`} {...box} />}
      summary={
        <>
          <StatusBadge status={one.status} />
          <span className="min-w-40 flex-1">
            {wayOf(one)}
            <span className="block truncate text-xs text-muted">{one.workflow_slug}</span>
          </span>
          {one.error && <span className="max-w-md truncate text-xs text-bad">{one.error}</span>}
          <span className="text-xs text-muted">
            {one.attempts > 1 && `${plural(one.attempts, { one: "# try", other: "# tries" })}, `}
            {one.next_attempt_at ? (
              <Trans>
                next <When isDue at={one.next_attempt_at} />
              </Trans>
            ) : (
              <When at={one.sent_at ?? one.created_at} />
            )}
          </span>
        </>
      }
      after={
        again(one) && (
          <Button size="sm" busy={busy} aria-label={t`Send again: ${name}`} onClick={onResend}>
            {t`Send again`}
          </Button>
        )
      }
    >
      {one.error && (
        <p className="mb-2 text-bad">
          {one.error} <span className="font-mono text-xs text-muted">{one.error_code}</span>
        </p>
      )}
      <div className="grid gap-3 md:grid-cols-2">
        <Part title={t`What`}>
          <Code>{shown(one.content)}</Code>
        </Part>
        <Part title={t`To`}>
          <Code>{shown(one.address)}</Code>
        </Part>
        {one.receipt != null && (
          <Part title={t`Receipt`}>
            <Code>{shown(one.receipt)}</Code>
          </Part>
        )}
      </div>
      <Link
        to="/executions/$id"
        params={{ id: one.execution_id }}
        className="mt-2 inline-block text-accent hover:underline"
      >
        {t`The execution that sent it`}
      </Link>
    </Expandable>
  );
}
