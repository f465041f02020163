import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChartColumn, ChevronDown, Download, History, Power, Rocket, Settings, Users } from "lucide-react";
import { useState } from "react";
import { get } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { Badge } from "@/components/ui/misc";
import { useUpdateWorkflow, useWorkflow } from "../workflows/queries";
import { WorkflowDialogs, type Opened } from "../workflows/dialogs";
import { download } from "../workflows/download";

/** The workflow's name, and what can be done with it as a whole. */
export function WorkflowMenu({ slug }: { slug: string }) {
  const client = useQueryClient();
  const { data: workflow } = useWorkflow(slug);
  const update = useUpdateWorkflow();
  const refresh = () => client.invalidateQueries({ queryKey: ["workflow", slug] });
  const navigate = useNavigate();
  const [open, setOpen] = useState<Opened>(null);
  const save = useMutation({
    mutationFn: () => get(`workflows/${slug}/export/`),
    onSuccess: (file) => download(`${slug}.json`, file),
  });
  const toggle = () =>
    update.mutate({ slug, is_active: !workflow?.is_active }, { onSuccess: () => void refresh() });
  return (
    <>
      <Menu
        align="start"
        trigger={
          <Button variant="ghost" className="max-w-64 min-w-0 shrink font-semibold">
            <span className="truncate">{workflow?.name ?? slug}</span> <ChevronDown />
          </Button>
        }
      >
        {workflow?.role !== "viewer" && (
          <>
            <MenuItem icon={<Rocket />} onSelect={() => setOpen("publish")}>
              {t`Publish this draft`}
            </MenuItem>
            <MenuItem icon={<Power />} onSelect={toggle}>
              {workflow?.is_active ? t`Deactivate its triggers` : t`Activate its triggers`}
            </MenuItem>
            <MenuSeparator />
          </>
        )}
        <MenuItem
          icon={<History />}
          onSelect={() => void navigate({ to: "/workflows/$slug/versions", params: { slug } })}
        >
          {t`Versions`}
        </MenuItem>
        <MenuItem
          icon={<ChartColumn />}
          onSelect={() => void navigate({ to: "/workflows/$slug/statistics", params: { slug } })}
        >
          {t`Statistics`}
        </MenuItem>
        <MenuItem icon={<Users />} onSelect={() => setOpen("collaborators")}>
          {t`Collaborators`}
        </MenuItem>
        <MenuItem icon={<Settings />} onSelect={() => setOpen("settings")}>
          {t`Settings`}
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<Download />} onSelect={() => save.mutate()}>
          {t`Export as JSON`}
        </MenuItem>
      </Menu>
      <WorkflowDialogs
        slug={slug}
        open={open}
        onClose={() => setOpen(null)}
        onMoved={(moved) => void navigate({ to: "/workflows/$slug", params: { slug: moved } })}
      />
      {workflow && !workflow.is_active && <Badge tone="warn">{t`inactive`}</Badge>}
      {workflow?.published_version != null && (
        <Badge tone="info" className="max-sm:hidden">{t`v${workflow.published_version} published`}</Badge>
      )}
      <Link
        to="/executions"
        search={{ workflow: slug }}
        className="flex items-center gap-1 px-1 text-xs text-muted hover:text-ink"
        title={t`Its executions`}
      >
        <History className="size-3.5" /> <span className="max-sm:sr-only">{t`Runs`}</span>
      </Link>
    </>
  );
}
