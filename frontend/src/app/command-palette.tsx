import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Workflow as WorkflowIcon } from "lucide-react";
import { get } from "@/api/client";
import type { Page, Workflow } from "@/api/types";
import { menuItem } from "@/components/ui/menu";
import { NAVIGATION } from "./navigation";
import { useMe } from "./session";

const item = `${menuItem} data-[selected=true]:bg-hover`;

export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const { data: me } = useMe();
  const { data } = useQuery({
    queryKey: ["workflows", { limit: 200 }],
    queryFn: () => get<Page<Workflow>>("workflows/", { limit: 200 }),
    enabled: open,
  });
  const go = (to: string) => {
    onClose();
    void navigate({ to });
  };
  return (
    <Command.Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      label="Command palette"
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="fixed top-[15vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-raised shadow-float"
    >
      <Command.Input
        placeholder="Go to a page or a workflow"
        className="w-full border-b border-line bg-transparent p-3 outline-none"
      />
      <Command.List className="max-h-80 overflow-auto p-1">
        <Command.Empty className="p-4 text-center text-muted">Nothing is called so.</Command.Empty>
        <Command.Group heading="Pages">
          {NAVIGATION.filter((entry) => !entry.adminOnly || me?.role === "admin").map(
            ({ to, label, icon: Icon }) => (
              <Command.Item key={to} className={item} onSelect={() => go(to)}>
                <Icon /> {label}
              </Command.Item>
            ),
          )}
        </Command.Group>
        <Command.Group heading="Workflows">
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
  );
}
