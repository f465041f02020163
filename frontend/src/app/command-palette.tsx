import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Plus, Workflow as WorkflowIcon, Zap } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { get } from "@/api/client";
import type { Page, Workflow } from "@/api/types";
import { menuItem } from "@/components/ui/menu";
import { Kbd } from "@/components/ui/misc";
import { offered, SHORTCUTS, written } from "@/lib/shortcuts";
import { fetchedDialog } from "./failures";
import { NAVIGATION } from "./navigation";
import { useMe } from "./session";

const CreateDialog = fetchedDialog(
  async () => (await import("@/features/workflows/create-dialog")).CreateDialog,
);
const item = `${menuItem} data-[selected=true]:bg-hover`;

/** Everything that can be gone to or done from here, by its name. */
export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const { data: me } = useMe();
  const [creating, setCreating] = useState(false);
  const { data } = useQuery({
    queryKey: ["workflows", { limit: 200 }],
    queryFn: () => get<Page<Workflow>>("workflows/", { limit: 200 }),
    enabled: open,
  });
  const chosen = useRef<(() => void) | null>(null);
  useEffect(() => {
    if (open || !chosen.current) return;
    setTimeout(chosen.current); // once the focus is back where it was
    chosen.current = null;
  }, [open]);
  const choose = (run: () => void) => {
    chosen.current = run;
    onClose();
  };
  const go = (to: string) => choose(() => void navigate({ to }));
  return (
    <>
      <Command.Dialog
        open={open}
        onOpenChange={(next) => !next && onClose()}
        label={t`Command palette`}
        overlayClassName="fixed inset-0 z-40 bg-black/40"
        contentClassName="fixed top-[15vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-raised shadow-float"
      >
        <Command.Input
          placeholder={t`Do something, or go to a page or a workflow`}
          className="w-full border-b border-line bg-transparent p-3 outline-none"
        />
        <Command.List
          label={t`Suggestions`}
          className="max-h-80 overflow-auto p-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
        >
          <Command.Empty className="p-4 text-center text-muted">{t`Nothing is called so.`}</Command.Empty>
          <Command.Group heading={t`Actions`}>
            <Command.Item className={item} onSelect={() => choose(() => setCreating(true))}>
              <Plus /> {t`New workflow`}
            </Command.Item>
            {open && <Commands choose={choose} />}
          </Command.Group>
          <Command.Group heading={t`Pages`}>
            {NAVIGATION.filter((entry) => !entry.adminOnly || me?.role === "admin").map(
              ({ to, label, icon: Icon }) => (
                <Command.Item key={to} className={item} onSelect={() => go(to)}>
                  <Icon /> {label()}
                </Command.Item>
              ),
            )}
          </Command.Group>
          <Command.Group heading={t`Workflows`}>
            {data?.items.map((workflow) => (
              <Command.Item
                key={workflow.slug}
                value={`${workflow.name} ${workflow.slug}`}
                className={item}
                onSelect={() => go(`/workflows/${workflow.slug}`)}
              >
                <WorkflowIcon /> {workflow.name}
              </Command.Item>
            ))}
          </Command.Group>
        </Command.List>
      </Command.Dialog>
      {creating && <CreateDialog open onClose={() => setCreating(false)} />}
    </>
  );
}

/** What the page offers by shortcut. */
function Commands({ choose }: { choose: (run: () => void) => void }) {
  return offered()
    .filter(({ command }) => command !== "palette")
    .map(({ command, run }) => {
      const { label, keys } = SHORTCUTS[command];
      return (
        <Command.Item key={command} className={item} onSelect={() => choose(run)}>
          <Zap /> <span className="grow">{label()}</span>
          {written(keys[0]!).map((key) => (
            <Kbd key={key}>{key}</Kbd>
          ))}
        </Command.Item>
      );
    });
}
