import { plural, t } from "@lingui/core/macro";
import { useSearch } from "@tanstack/react-router";
import { Plus, Trash2, Workflow as WorkflowIcon } from "lucide-react";
import { useState } from "react";
import type { Workflow } from "@/api/types";
import { Choice, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { useTicks } from "@/components/list/ticks";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Checkbox } from "@/components/ui/field";
import { Card, Empty } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { ofWorkflows, useFresh } from "@/lib/channels";
import type { LiveEvent } from "@/lib/socket";
import { CreateDialog } from "./create-dialog";
import { DropZone, ImportButton, useImport } from "./import-button";
import { PAGE, useDeleteWorkflows, useRecentRuns, useWorkflows } from "./queries";
import { Row } from "./row";
import { mayChange } from "./standing";

const PAUSE_MS = 1500;

export function Dashboard() {
  const search = useSearch({ from: "/inside/" });
  const { q, tag, active, sort } = search;
  const filters = useFilters(search);
  const [creating, setCreating] = useState(false);
  const imported = useImport();
  const found = useWorkflows({
    search: q,
    tags: tag,
    active: active ? active === "yes" : undefined,
    ordering: sort,
    limit: PAGE,
    offset: filters.page * PAGE,
  });
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
        {(filters.isFiltered || found.data?.total !== 0) && (
          <FilterBar filters={filters}>
            <Find filters={filters} label={t`Find workflows`} />
            <Choice
              filters={filters}
              name="tag"
              label={t`Tag`}
              any={t`Any tag`}
              choices={tagsOf(found.data?.items, tag)}
            />
            <Choice
              filters={filters}
              name="active"
              label={t`Active or not`}
              any={t`Active or not`}
              choices={{ yes: t`Active`, no: t`Inactive` }}
            />
            <Choice filters={filters} name="sort" label={t`Order`} any={t`Last changed`} choices={orders()} />
          </FilterBar>
        )}
        <Found
          found={found}
          filters={filters}
          size={PAGE}
          empty={<Welcome onCreate={() => setCreating(true)} />}
        >
          {(items) => <List items={items} onTag={(one) => filters.set({ tag: one })} />}
        </Found>
      </Page>
      {creating && <CreateDialog open onClose={() => setCreating(false)} />}
      {imported.dialog}
    </DropZone>
  );
}

const orders = () => ({ name: t`Name`, "-created_at": t`Newest first`, created_at: t`Oldest first` });

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
  const [deleting, setDeleting] = useState<string[]>([]);
  const remove = useDeleteWorkflows();
  const names = deleting.map((slug) => items.find((one) => one.slug === slug)?.name ?? slug).join(", ");
  const isNews = ({ type }: LiveEvent) => type.startsWith("execution_") || type === "workflow_updated";
  useFresh(["workflows"], ofWorkflows(slugs), isNews, PAUSE_MS);
  useFresh(["recent-runs"], ofWorkflows(slugs), isNews, PAUSE_MS);
  const ticks = useTicks(items.filter(mayChange).map((one) => one.slug));
  const { ticked } = ticks;
  return (
    <>
      <Card className="overflow-x-auto">
        <table className="w-full text-left">
          <thead className="border-b border-line text-xs text-muted">
            <tr className="h-10">
              <th className="w-8 p-2 pl-3">
                <Checkbox aria-label={t`Choose all`} {...ticks.all} />
              </th>
              <th className="p-2 font-medium">
                {ticked.length ? (
                  <Button size="sm" variant="danger" onClick={() => setDeleting(ticked)}>
                    <Trash2 /> {t`Delete ${ticked.length}`}
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
                box={ticks.box(workflow.slug)}
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
        onConfirm={() => remove.mutateAsync(deleting)}
      >
        {plural(deleting.length, {
          one: `${names}: it disappears and its triggers stop. What runs now finishes; past executions stay. This cannot be undone.`,
          other: `${names}: they disappear and their triggers stop. What runs now finishes; past executions stay. This cannot be undone.`,
        })}
      </Confirm>
    </>
  );
}
