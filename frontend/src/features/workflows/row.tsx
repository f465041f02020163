import { plural, t } from "@lingui/core/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { Copy, Ellipsis, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { Workflow } from "@/api/types";
import type { Box } from "@/components/list/ticks";
import { IconButton } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/field";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { Badge, When } from "@/components/ui/misc";
import { Sparkline } from "@/components/ui/sparkline";
import { StatusBadge } from "@/components/ui/status";
import { Switch } from "@/components/ui/switch";
import type { Day } from "@/lib/days";
import { duration } from "@/lib/format";
import { WorkflowDialogs, type Opened } from "./dialogs";
import { useDuplicateWorkflow, useUpdateWorkflow } from "./queries";
import { lookOnly, mayChange } from "./standing";
import { WorkflowItems } from "./workflow-items";

interface Props {
  workflow: Workflow;
  days: Day[] | undefined;
  box: Box;
  onDelete: () => void;
  onTag: (tag: string) => void;
}

/** A workflow in the list: how it stands, and what can be done with it. */
export function Row({ workflow, days, box, onDelete, onTag }: Props) {
  const { slug, name } = workflow;
  const locked = !mayChange(workflow);
  return (
    <tr className="border-b border-line last:border-0 hover:bg-hover/50">
      <td className="p-2 pl-3">
        <Checkbox aria-label={t`Choose ${name}`} title={locked ? lookOnly() : undefined} {...box} />
      </td>
      <td className="w-full max-w-0 p-2">
        <Link to="/workflows/$slug" params={{ slug }} className="block truncate font-medium hover:underline">
          {name}
        </Link>
        <span className="block truncate text-xs text-muted">{workflow.description || slug}</span>
        <span className="mt-1 flex flex-wrap items-center gap-1">
          {workflow.tags.map((tag) => (
            <button key={tag} type="button" title={t`Only those with “${tag}”`} onClick={() => onTag(tag)}>
              <Badge className="hover:text-ink">{tag}</Badge>
            </button>
          ))}
          <span className="sm:hidden">
            <LastRun workflow={workflow} />
          </span>
        </span>
      </td>
      <td className="hidden p-2 sm:table-cell">
        <LastRun workflow={workflow} />
      </td>
      <td className="hidden p-2 whitespace-nowrap md:table-cell">
        <span className="flex items-center justify-end gap-3">
          {days && <Sparkline days={days} />}
          <Link
            to="/executions"
            search={{ workflow: slug }}
            className="min-w-8 text-right tabular-nums hover:underline"
            aria-label={plural(workflow.execution_count, {
              one: `# execution of ${name}`,
              other: `# executions of ${name}`,
            })}
          >
            {workflow.execution_count.toLocaleString("en")}
          </Link>
        </span>
      </td>
      <td className="hidden p-2 whitespace-nowrap text-muted lg:table-cell">
        <When at={workflow.updated_at} />
      </td>
      <td className="p-2">
        <ActiveSwitch workflow={workflow} />
      </td>
      <td className="p-2 pr-3">
        <RowMenu workflow={workflow} onDelete={onDelete} />
      </td>
    </tr>
  );
}

function LastRun({ workflow: { last_execution: last } }: { workflow: Workflow }) {
  if (!last) return <span className="text-xs whitespace-nowrap text-muted">{t`never ran`}</span>;
  return (
    <Link
      to="/executions/$id"
      params={{ id: last.execution_id }}
      className="flex items-center gap-2 whitespace-nowrap"
      title={last.duration_ms == null ? undefined : t`It took ${duration(last.duration_ms)}`}
    >
      <StatusBadge status={last.status} />
      <When at={last.created_at} className="text-xs text-muted" />
    </Link>
  );
}

function ActiveSwitch({ workflow }: { workflow: Workflow }) {
  const { slug, name, is_active } = workflow;
  const update = useUpdateWorkflow();
  const turn = (on: boolean) =>
    update.mutate(
      { slug, is_active: on },
      {
        onSuccess: () =>
          toast(
            on ? t`“${name}” is active: its triggers start it.` : t`“${name}” rests: no trigger starts it.`,
            {
              action: { label: t`Undo`, onClick: () => update.mutate({ slug, is_active: !on }) },
            },
          ),
      },
    );
  const shown = update.isPending ? update.variables.is_active === true : is_active;
  const locked = !mayChange(workflow);
  return (
    <Switch
      label={t`${name} is active`}
      title={locked ? lookOnly() : undefined}
      checked={shown}
      disabled={update.isPending || locked}
      onChange={turn}
    />
  );
}

function RowMenu({ workflow, onDelete }: { workflow: Workflow; onDelete: () => void }) {
  const { slug, name } = workflow;
  const navigate = useNavigate();
  const duplicate = useDuplicateWorkflow();
  const [open, setOpen] = useState<Opened>(null);
  const visit = (made: { slug: string }) =>
    void navigate({ to: "/workflows/$slug", params: { slug: made.slug } });
  return (
    <>
      <WorkflowDialogs slug={slug} open={open} onClose={() => setOpen(null)} />
      <Menu
        trigger={
          <IconButton label={t`Actions for ${name}`} size="icon-sm" busy={duplicate.isPending}>
            {!duplicate.isPending && <Ellipsis />}
          </IconButton>
        }
      >
        <MenuItem
          icon={<Copy />}
          onSelect={() =>
            duplicate.mutate(slug, {
              onSuccess: (copy) =>
                toast.success(t`“${copy.name}” is made; it is inactive.`, {
                  action: { label: t`Open`, onClick: () => visit(copy) },
                }),
            })
          }
        >
          {t`Duplicate`}
        </MenuItem>
        <WorkflowItems slug={slug} onOpen={setOpen} />
        {mayChange(workflow) && (
          <>
            <MenuSeparator />
            <MenuItem icon={<Trash2 />} danger onSelect={onDelete}>
              {t`Delete`}
            </MenuItem>
          </>
        )}
      </Menu>
    </>
  );
}
