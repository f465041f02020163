import { t } from "@lingui/core/macro";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { MessagesSquare, X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { WorkflowSelect } from "../workflows/workflow-select";
import { channels } from "./channels";
import { Conversations } from "./conversations";
import { SIZE, useConversations, type ConversationSearch } from "./queries";

const NOTHING: ConversationSearch = { q: undefined, workflow: undefined, channel: undefined };

/** What workflows remember: the conversations that were held with them. */
export function MemoriesPage() {
  const { page = 0, ...wanted } = useSearch({ from: "/inside/memories" });
  const navigate = useNavigate();
  const { data, error, refetch } = useConversations({ ...wanted, page });
  const go = (next: ConversationSearch) =>
    void navigate({ to: "/memories", search: { ...wanted, ...next }, replace: true });
  const filtered = Object.values(wanted).some(Boolean);
  return (
    <Page title={t`Memories`}>
      <h2 className="mb-2 font-semibold">{t`Conversations`}</h2>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          type="search"
          aria-label={t`Find conversations`}
          placeholder={t`Find by title`}
          className="w-52"
          value={wanted.q ?? ""}
          onChange={(event) => go({ q: event.target.value || undefined })}
        />
        <WorkflowSelect value={wanted.workflow} onChange={(workflow) => go({ workflow })} />
        <Select
          aria-label={t`Channel`}
          className="w-40"
          value={wanted.channel ?? ""}
          onChange={(event) => go({ channel: event.target.value || undefined })}
        >
          <option value="">{t`Any channel`}</option>
          {Object.entries(channels()).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
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
            <Empty icon={<MessagesSquare />} title={t`None fits`}>
              <Button onClick={() => go(NOTHING)}>{t`Clear the filters`}</Button>
            </Empty>
          ) : (
            <Empty icon={<MessagesSquare />} title={t`Nothing was said yet`}>
              {t`Chat with a workflow in its editor, on its public page or by a bot: what was said is kept here.`}
            </Empty>
          )}
        </Card>
      )}
      {data && data.items.length > 0 && <Conversations items={data.items} />}
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
