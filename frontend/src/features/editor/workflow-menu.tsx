import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronDown, History, Power, Rocket } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { Badge } from "@/components/ui/misc";
import { useDiffers } from "../versions/queries";
import { useUpdateWorkflow, useWorkflow } from "../workflows/queries";
import { WorkflowDialogs, type Opened } from "../workflows/dialogs";
import { WorkflowItems } from "../workflows/workflow-items";

/** The workflow's name, and what can be done with it as a whole. */
export function WorkflowMenu({ slug }: { slug: string }) {
  const client = useQueryClient();
  const { data: workflow } = useWorkflow(slug);
  const published = workflow?.published_version;
  const differs = useDiffers(slug, published);
  const update = useUpdateWorkflow();
  const refresh = () => client.invalidateQueries({ queryKey: ["workflow", slug] });
  const navigate = useNavigate();
  const [open, setOpen] = useState<Opened>(null);
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
        <WorkflowItems slug={slug} onOpen={setOpen} />
      </Menu>
      <WorkflowDialogs
        slug={slug}
        open={open}
        onClose={() => setOpen(null)}
        onMoved={(moved) => void navigate({ to: "/workflows/$slug", params: { slug: moved } })}
      />
      {workflow && (
        <Badge
          tone={workflow.is_active ? "ok" : "warn"}
          className={workflow.is_active ? "max-sm:hidden" : ""}
        >
          {workflow.is_active ? t`active` : t`inactive`}
        </Badge>
      )}
      {published != null && (
        <Badge tone={differs ? "warn" : "info"} className="max-sm:hidden">
          {differs ? t`draft differs from v${published}` : t`v${published} published`}
        </Badge>
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
