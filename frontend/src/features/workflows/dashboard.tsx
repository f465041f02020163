import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import {
  Copy,
  Download,
  Ellipsis,
  Plus,
  Power,
  Search,
  Trash2,
  Upload,
  Workflow as WorkflowIcon,
} from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { get } from "@/api/client";
import type { Workflow } from "@/api/types";
import { tell } from "@/app/queries";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Checkbox, Input } from "@/components/ui/field";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { Badge, Card, Empty, Failure, Loading, When } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { count } from "@/lib/format";
import { CreateDialog } from "./create-dialog";
import { download } from "./download";
import {
  PAGE,
  useDeleteWorkflows,
  useDuplicateWorkflow,
  useImportWorkflow,
  useUpdateWorkflow,
  useWorkflows,
} from "./queries";

export function Dashboard() {
  const { q, tag } = useSearch({ from: "/inside/" });
  const navigate = useNavigate();
  const [page, setPage] = useState(0);
  const [creating, setCreating] = useState(false);
  const [chosen, setChosen] = useState<string[]>([]);
  const [deleting, setDeleting] = useState<string[]>([]);
  const { data, error, refetch } = useWorkflows({ search: q, tags: tag, limit: PAGE, offset: page * PAGE });
  const remove = useDeleteWorkflows();
  const toggle = (slug: string) =>
    setChosen(chosen.includes(slug) ? chosen.filter((one) => one !== slug) : [...chosen, slug]);
  const search = (next: { q?: string; tag?: string }) => {
    setPage(0);
    void navigate({ to: "/", search: { q, tag, ...next }, replace: true });
  };
  return (
    <Page
      title="Workflows"
      actions={
        <>
          <ImportButton />
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus /> New workflow
          </Button>
        </>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <div className="relative w-full max-w-xs">
          <Search className="absolute top-2 left-2.5 size-4 text-muted" />
          <Input
            type="search"
            className="pl-8"
            placeholder="Find by name"
            aria-label="Find workflows"
            value={q ?? ""}
            onChange={(event) => search({ q: event.target.value || undefined })}
          />
        </div>
        {tag && (
          <Button size="sm" onClick={() => search({ tag: undefined })}>
            Tag: {tag} ✕
          </Button>
        )}
        {chosen.length > 0 && (
          <Button size="sm" variant="danger" onClick={() => setDeleting(chosen)}>
            <Trash2 /> Delete {chosen.length}
          </Button>
        )}
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          {q || tag ? (
            <Empty icon={<Search />} title="None is called so">
              Try another word, or clear the filters.
            </Empty>
          ) : (
            <Empty icon={<WorkflowIcon />} title="Your first workflow">
              <p className="mb-3">
                A workflow starts with a trigger, and does what you draw behind it: ask a model, call an API,
                wait for a person.
              </p>
              <Button variant="primary" onClick={() => setCreating(true)}>
                <Plus /> New workflow
              </Button>
            </Empty>
          )}
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card className="overflow-x-auto">
          <table className="w-full text-left">
            <thead className="border-b border-line text-xs text-muted">
              <tr>
                <th className="w-8 p-2 pl-3">
                  <Checkbox
                    aria-label="Choose all"
                    checked={chosen.length > 0 && chosen.length === data.items.length}
                    onChange={(event) =>
                      setChosen(event.target.checked ? data.items.map((one) => one.slug) : [])
                    }
                  />
                </th>
                <th className="p-2 font-medium">Name</th>
                <th className="hidden p-2 font-medium sm:table-cell">Last run</th>
                <th className="hidden p-2 font-medium md:table-cell">Nodes</th>
                <th className="hidden p-2 font-medium md:table-cell">Changed</th>
                <th className="w-10 p-2">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((workflow) => (
                <Row
                  key={workflow.slug}
                  workflow={workflow}
                  chosen={chosen.includes(workflow.slug)}
                  onChoose={() => toggle(workflow.slug)}
                  onDelete={() => setDeleting([workflow.slug])}
                  onTag={(name) => search({ tag: name })}
                />
              ))}
            </tbody>
          </table>
        </Card>
      )}
      {data && <Pager page={page} size={PAGE} total={data.total} onPage={setPage} />}
      <CreateDialog open={creating} onClose={() => setCreating(false)} />
      <Confirm
        open={deleting.length > 0}
        onClose={() => setDeleting([])}
        title={`Delete ${count(deleting.length, "workflow")}?`}
        action="Delete"
        onConfirm={async () => {
          await remove.mutateAsync(deleting);
          setChosen([]);
        }}
      >
        {deleting.join(", ")}: it disappears and its triggers stop. What runs now finishes; past executions
        stay.
      </Confirm>
    </Page>
  );
}

interface RowProps {
  workflow: Workflow;
  chosen: boolean;
  onChoose: () => void;
  onDelete: () => void;
  onTag: (tag: string) => void;
}

function Row({ workflow, chosen, onChoose, onDelete, onTag }: RowProps) {
  const navigate = useNavigate();
  const duplicate = useDuplicateWorkflow();
  const update = useUpdateWorkflow();
  const { slug, name, is_active } = workflow;
  const last = workflow.last_execution as {
    id?: string;
    execution_id?: string;
    status: string;
    created_at: string;
  } | null;
  const save = async () => {
    try {
      download(`${slug}.json`, await get(`workflows/${slug}/export/`));
    } catch (error) {
      tell(error as Error);
    }
  };
  return (
    <tr className="border-b border-line last:border-0 hover:bg-hover/50">
      <td className="p-2 pl-3">
        <Checkbox aria-label={`Choose ${name}`} checked={chosen} onChange={onChoose} />
      </td>
      <td className="max-w-0 p-2 sm:max-w-sm">
        <Link to="/workflows/$slug" params={{ slug }} className="font-medium hover:underline">
          {name}
        </Link>{" "}
        {!is_active && <Badge tone="warn">inactive</Badge>}
        <span className="block truncate text-xs text-muted">{workflow.description || slug}</span>
        {workflow.tags.map((tag) => (
          <button key={tag} type="button" onClick={() => onTag(tag)} className="mr-1 mt-0.5">
            <Badge>{tag}</Badge>
          </button>
        ))}
      </td>
      <td className="hidden p-2 sm:table-cell">
        {last ? (
          <Link
            to="/executions/$id"
            params={{ id: String(last.execution_id ?? last.id) }}
            className="flex items-center gap-2"
          >
            <StatusBadge status={last.status} /> <When at={last.created_at} className="text-xs text-muted" />
          </Link>
        ) : (
          <span className="text-muted">never</span>
        )}
      </td>
      <td className="hidden p-2 text-muted md:table-cell">{workflow.node_count}</td>
      <td className="hidden p-2 text-muted md:table-cell">
        <When at={workflow.updated_at} />
      </td>
      <td className="p-2">
        <Menu
          trigger={
            <IconButton label={`Actions for ${name}`} size="icon-sm">
              <Ellipsis />
            </IconButton>
          }
        >
          <MenuItem icon={<Power />} onSelect={() => update.mutate({ slug, is_active: !is_active })}>
            {is_active ? "Deactivate" : "Activate"}
          </MenuItem>
          <MenuItem
            icon={<Copy />}
            onSelect={() =>
              duplicate.mutate(slug, {
                onSuccess: (copy) => void navigate({ to: "/workflows/$slug", params: { slug: copy.slug } }),
              })
            }
          >
            Duplicate
          </MenuItem>
          <MenuItem icon={<Download />} onSelect={() => void save()}>
            Export as JSON
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={<Trash2 />} danger onSelect={onDelete}>
            Delete
          </MenuItem>
        </Menu>
      </td>
    </tr>
  );
}

function ImportButton() {
  const navigate = useNavigate();
  const imported = useImportWorkflow();
  const file = useRef<HTMLInputElement>(null);
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    try {
      const result = (await imported.mutateAsync(JSON.parse(await chosen.text()))) as unknown as {
        slug: string;
      };
      void navigate({ to: "/workflows/$slug", params: { slug: result.slug } });
    } catch (error) {
      if (error instanceof SyntaxError) toast.error(`${chosen.name} is no JSON: ${error.message}`);
    }
  };
  return (
    <>
      <input
        ref={file}
        type="file"
        accept="application/json,.json"
        hidden
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button busy={imported.isPending} onClick={() => file.current?.click()}>
        <Upload /> Import
      </Button>
    </>
  );
}
