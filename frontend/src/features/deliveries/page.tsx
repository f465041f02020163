import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Send, X } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import type { Page as List } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Expandable } from "@/components/ui/expandable";
import { Checkbox, Select } from "@/components/ui/field";
import { Badge, Card, Code, Empty, Failure, Loading, When, type Tone } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { useChannels, useSoon } from "@/lib/channels";
import { shown } from "@/lib/format";
import { WorkflowSelect } from "../workflows/workflow-select";

type Delivery = components["schemas"]["DeliveryShape"];

const SIZE = 50;
const TONES: Record<Delivery["status"], Tone> = {
  pending: "info",
  sending: "info",
  sent: "ok",
  failed: "bad",
  cancelled: "neutral",
};
const STATUSES = ["pending", "sending", "sent", "failed", "cancelled"];
const CHANNELS = ["email", "callback", "telegram"];
const KINDS = ["reply", "result", "question", "notice"];
const again = (one: Delivery) => one.status === "failed" || one.status === "sent";

export interface DeliverySearch {
  status?: string;
  channel?: string;
  kind?: string;
  workflow?: string;
  page?: number;
}

/** What executions have sent to the world outside, and what became of it. */
export function DeliveriesPage() {
  const { page = 0, ...wanted } = useSearch({ from: "/inside/deliveries" });
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery({
    queryKey: ["deliveries", wanted, page],
    queryFn: ({ signal }) =>
      get<List<Delivery>>(
        "deliveries/",
        {
          status: wanted.status,
          channel: wanted.channel,
          kind: wanted.kind,
          workflow_slug: wanted.workflow,
          limit: SIZE,
          offset: page * SIZE,
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const go = (next: DeliverySearch) =>
    void navigate({ to: "/deliveries", search: { ...wanted, ...next }, replace: true });
  const filtered = Object.values(wanted).some(Boolean);
  const none = { status: undefined, channel: undefined, kind: undefined, workflow: undefined };
  const select = (name: "status" | "channel" | "kind", label: string, unset: string, options: string[]) => (
    <Select
      aria-label={label}
      className="w-40"
      value={wanted[name] ?? ""}
      onChange={(event) => go({ [name]: event.target.value || undefined })}
    >
      <option value="">{unset}</option>
      {options.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </Select>
  );
  return (
    <Page title={t`Deliveries`}>
      <div className="mb-3 flex flex-wrap gap-2">
        <WorkflowSelect value={wanted.workflow} onChange={(workflow) => go({ workflow })} />
        {select("status", t`Status`, t`Any status`, STATUSES)}
        {select("channel", t`Channel`, t`Any channel`, CHANNELS)}
        {select("kind", t`Kind`, t`Any kind`, KINDS)}
        {filtered && (
          <Button size="sm" variant="ghost" onClick={() => go(none)}>
            <X /> {t`Clear`}
          </Button>
        )}
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          {filtered ? (
            <Empty icon={<Send />} title={t`None fits`}>
              <Button onClick={() => go(none)}>{t`Clear the filters`}</Button>
            </Empty>
          ) : (
            <Empty icon={<Send />} title={t`Nothing was sent yet`}>
              {t`Replies, results, questions and notices that leave by mail, Telegram or callback are kept here, with what became of them.`}
            </Empty>
          )}
        </Card>
      )}
      {data && data.items.length > 0 && <Deliveries items={data.items} />}
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

function Deliveries({ items }: { items: Delivery[] }) {
  const client = useQueryClient();
  const [picked, setPicked] = useState<string[]>([]);
  const refresh = () => client.invalidateQueries({ queryKey: ["deliveries"] });
  const soon = useSoon(() => void refresh());
  useChannels(
    items.map((one) => `workflow:${one.workflow_slug}`),
    ({ type }) => {
      if (type === "delivery_updated" || type === "resync") soon();
    },
  );
  const resend = useMutation({
    mutationFn: async (ids: string[]) => {
      for (const id of ids) await post(`deliveries/${id}/resend/`, undefined, { once: true });
      return ids.length;
    },
    onSuccess: (many) => {
      setPicked([]);
      toast.success(t`${plural(many, { one: "# delivery", other: "# deliveries" })} will be sent again.`);
    },
    onSettled: refresh,
  });
  const able = items.filter(again).map((one) => one.id);
  const chosen = picked.filter((id) => able.includes(id));
  return (
    <Card>
      <div className="flex h-10 items-center gap-2 border-b border-line px-3 text-xs text-muted">
        <Checkbox
          aria-label={t`Choose all that can be sent again`}
          disabled={!able.length}
          checked={chosen.length > 0 && chosen.length === able.length}
          onChange={(event) => setPicked(event.target.checked ? able : [])}
        />
        {chosen.length > 0 && (
          <Button size="sm" busy={resend.isPending} onClick={() => resend.mutate(chosen)}>
            <Send /> {t`Send ${chosen.length} again`}
          </Button>
        )}
      </div>
      <ul>
        {items.map((one) => (
          <Row
            key={one.id}
            delivery={one}
            chosen={chosen.includes(one.id)}
            onChoose={() =>
              setPicked(chosen.includes(one.id) ? chosen.filter((id) => id !== one.id) : [...chosen, one.id])
            }
            onResend={() => resend.mutate([one.id])}
            busy={resend.isPending && resend.variables.includes(one.id)}
          />
        ))}
      </ul>
    </Card>
  );
}

interface RowProps {
  delivery: Delivery;
  chosen: boolean;
  busy: boolean;
  onChoose: () => void;
  onResend: () => void;
}

function Row({ delivery: one, chosen, busy, onChoose, onResend }: RowProps) {
  const name = t`${one.kind} of ${one.workflow_slug}`;
  return (
    <Expandable
      before={
        <Checkbox
          aria-label={t`Choose ${name}`}
          disabled={!again(one)}
          checked={chosen}
          onChange={onChoose}
        />
      }
      summary={
        <>
          <Badge tone={TONES[one.status]}>{one.status}</Badge>
          <span className="min-w-40 flex-1">
            {t`${one.kind} by ${one.channel}`}
            <span className="block truncate text-xs text-muted">{one.workflow_slug}</span>
          </span>
          {one.error && <span className="max-w-md truncate text-xs text-bad">{one.error}</span>}
          <span className="text-xs text-muted">
            {one.attempts > 1 && `${plural(one.attempts, { one: "# try", other: "# tries" })}, `}
            {one.next_attempt_at ? (
              <Trans>
                next <When at={one.next_attempt_at} />
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
        <Part title={t`What`} value={one.content} />
        <Part title={t`To`} value={one.address} />
        {one.receipt != null && <Part title={t`Receipt`} value={one.receipt} />}
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

function Part({ title, value }: { title: string; value: unknown }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-xs font-semibold text-muted">{title}</h3>
      <Code>{shown(value)}</Code>
    </section>
  );
}
