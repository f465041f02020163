import { plural, t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus, Search, Trash2, Workflow as WorkflowIcon } from "lucide-react";
import { useState } from "react";
import type { Workflow } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Checkbox } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { useChannels, useSoon } from "@/lib/channels";
import { CreateDialog } from "./create-dialog";
import { Filters, type Wanted } from "./filters";
import { DropZone, ImportButton, useImport } from "./import-button";
import { PAGE, useDeleteWorkflows, useRecentRuns, useWorkflows } from "./queries";
import { Row } from "./row";
import { mayChange } from "./standing";

export function Dashboard() {
  const { page = 0, ...wanted } = useSearch({ from: "/inside/" });
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const imported = useImport();
  const { data, error, refetch } = useWorkflows({
    search: wanted.q,
    tags: wanted.tag,
    active: wanted.active ? wanted.active === "yes" : undefined,
    ordering: wanted.sort,
    limit: PAGE,
    offset: page * PAGE,
  });
  const go = (next: Wanted & { page?: number }) =>
    void navigate({ to: "/", search: { ...wanted, ...next }, replace: true });
  const filtered = Boolean(wanted.q || wanted.tag || wanted.active);
  return (
    <DropZone onFile={imported.read}>
      <Page
        title={t`Workflows`}
        actions={
          <>
            <ImportButton onFile={imported.read} />
            <Button variant="primary" onClick={() => setCreating(true)}>
              <Plus /> {t`New workflow`}
            </Button>
          </>
        }
      >
        {(filtered || !data || data.total > 0) && (
          <div className="mb-3 flex flex-wrap items-center gap-2">
            <Filters wanted={wanted} tags={tagsOf(data?.items, wanted.tag)} onChange={go} />
          </div>
        )}
        {error && <Failure error={error} retry={() => void refetch()} />}
        {!data && !error && <Loading />}
        {data && !data.items.length && (
          <Card>
            {filtered ? (
              <Empty icon={<Search />} title={t`None fits`}>
                <p className="mb-3">{t`Try another word, or see all of them.`}</p>
                <Button onClick={() => go({ q: undefined, tag: undefined, active: undefined })}>
                  {t`Clear the filters`}
                </Button>
              </Empty>
            ) : (
              <Welcome onCreate={() => setCreating(true)} />
            )}
          </Card>
        )}
        {data && data.items.length > 0 && <List items={data.items} onTag={(tag) => go({ tag })} />}
        {data && (
          <Pager
            page={page}
            size={PAGE}
            total={data.total}
            onPage={(next) => go({ page: next || undefined })}
          />
        )}
      </Page>
      {creating && <CreateDialog open onClose={() => setCreating(false)} />}
      {imported.dialog}
    </DropZone>
  );
}

function tagsOf(items: Workflow[] = [], chosen?: string): string[] {
  return [...new Set([...items.flatMap((one) => one.tags), ...(chosen ? [chosen] : [])])].sort();
}

function Welcome({ onCreate }: { onCreate: () => void }) {
  return (
    <Empty icon={<WorkflowIcon />} title={t`Your first workflow`}>
      <p className="mb-3">
        {t`A workflow starts with a trigger, and does what you draw behind it: ask a model, call an API, wait for a person. Or drop an exported one here.`}
      </p>
      <Button variant="primary" onClick={onCreate}>
        <Plus /> {t`New workflow`}
      </Button>
    </Empty>
  );
}

function List({ items, onTag }: { items: Workflow[]; onTag: (tag: string) => void }) {
  const slugs = items.map((one) => one.slug);
  const { data: recent } = useRecentRuns(slugs);
  const [picked, setPicked] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const remove = useDeleteWorkflows();
  const names = deleting.map((slug) => items.find((one) => one.slug === slug)?.name ?? slug).join(", ");
  useFreshness(slugs);
  const mine = items.filter(mayChange).map((one) => one.slug);
  const chosen = picked.filter((slug) => mine.includes(slug));
  const toggle = (slug: string) =>
    setPicked(chosen.includes(slug) ? chosen.filter((one) => one !== slug) : [...chosen, slug]);
  return (
    <>
      <Card className="overflow-x-auto">
        <table className="w-full text-left">
          <thead className="border-b border-line text-xs text-muted">
            <tr className="h-10">
              <th className="w-8 p-2 pl-3">
                <Checkbox
                  aria-label={t`Choose all`}
                  checked={chosen.length > 0 && chosen.length === mine.length}
                  disabled={!mine.length}
                  onChange={(event) => setPicked(event.target.checked ? mine : [])}
                />
              </th>
              <th className="p-2 font-medium">
                {chosen.length ? (
                  <Button size="sm" variant="danger" onClick={() => setDeleting(chosen)}>
                    <Trash2 /> {t`Delete ${chosen.length}`}
                  </Button>
                ) : (
                  t`Name`
                )}
              </th>
              <th className="hidden p-2 font-medium whitespace-nowrap sm:table-cell">{t`Last run`}</th>
              <th className="hidden p-2 text-right font-medium md:table-cell">{t`Runs`}</th>
              <th className="hidden p-2 font-medium lg:table-cell">{t`Changed`}</th>
              <th className="p-2 font-medium">{t`Active`}</th>
              <th className="w-10 p-2">
                <span className="sr-only">{t`Actions`}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((workflow) => (
              <Row
                key={workflow.slug}
                workflow={workflow}
                days={recent?.get(workflow.slug)}
                chosen={chosen.includes(workflow.slug)}
                onChoose={() => toggle(workflow.slug)}
                onDelete={() => setDeleting([workflow.slug])}
                onTag={onTag}
              />
            ))}
          </tbody>
        </table>
      </Card>
      <Confirm
        open={deleting.length > 0}
        onClose={() => setDeleting([])}
        title={t`Delete ${plural(deleting.length, { one: "# workflow", other: "# workflows" })}?`}
        action={t`Delete`}
        onConfirm={async () => {
          await remove.mutateAsync(deleting);
          setPicked([]);
        }}
      >
        {plural(deleting.length, {
          one: `${names}: it disappears and its triggers stop. What runs now finishes; past executions stay. This cannot be undone.`,
          other: `${names}: they disappear and their triggers stop. What runs now finishes; past executions stay. This cannot be undone.`,
        })}
      </Confirm>
    </>
  );
}

/** One request for a burst of what happens in any of them. */
function useFreshness(slugs: string[]): void {
  const client = useQueryClient();
  const refresh = useSoon(() => {
    void client.invalidateQueries({ queryKey: ["workflows"] });
    void client.invalidateQueries({ queryKey: ["recent-runs"] });
  }, 1500);
  useChannels(
    slugs.map((slug) => `workflow:${slug}`),
    ({ type }) => {
      if (type.startsWith("execution_") || type === "workflow_updated" || type === "resync") refresh();
    },
  );
}
