import { t } from "@lingui/core/macro";
import { Command } from "cmdk";
import { useMemo } from "react";
import { menuItem } from "@/components/ui/menu";
import { NodeIcon } from "@/components/ui/icon";
import { connectable } from "./connections";
import { useEditor } from "./context";
import { linkKey, type Link } from "./graph";

const ways = (): Record<string, string> => ({
  llm: t`as model`,
  tool: t`as tool`,
  memory: t`as memory`,
  output_parser: t`as parser`,
  loop_body: t`for each item`,
  loop_return: t`back to the loop`,
  error: t`if it fails`,
});

/** How an edge leads, in words: "as tool", "if big", or nothing for a plain one. */
export function howOf({ label, condition }: Link): string {
  if (condition) return condition === "__other__" ? t`otherwise` : t`if ${condition}`;
  return ways()[label] ?? "";
}

/** Every edge that may be drawn from or to a node, found by name: an edge without a mouse. */
export function ConnectDialog({ nodeId, onClose }: { nodeId: string; onClose: () => void }) {
  const { document, types } = useEditor();
  const links = useMemo(
    () => connectable(document.store.getState(), types, nodeId),
    [document, nodeId, types],
  );
  const { nodes } = document.store.getState();
  const draw = (link: Link) => {
    document.edit(t`Connect`, [{ kind: "add_edge", link }]);
    onClose();
  };
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label={t`Connect ${nodeId}`}
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="fixed top-[15vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-raised shadow-float"
    >
      <Command.Input
        placeholder={t`Connect ${nodeId} with`}
        className="w-full border-b border-line bg-transparent p-3 outline-none"
      />
      <Command.List label={t`Suggestions`} className="max-h-80 overflow-auto p-1">
        <Command.Empty className="p-4 text-center text-muted">
          {t`Nothing like this can be connected.`}
        </Command.Empty>
        {links.map((link) => {
          const isSource = link.source === nodeId;
          const direction = isSource ? t`to` : t`from`;
          const other = nodes[isSource ? link.target : link.source]!;
          const type = types.get(other.component_type);
          const name = other.label || type?.label || other.component_type;
          return (
            <Command.Item
              key={linkKey(link)}
              value={`${direction} ${name} ${other.node_id} ${howOf(link)}`}
              className={`${menuItem} data-[selected=true]:bg-hover`}
              onSelect={() => draw(link)}
            >
              <NodeIcon name={type?.icon ?? ""} />
              <span className="w-10 text-muted">{direction}</span>
              <span className="grow truncate">
                {name} <span className="font-mono text-xs text-muted">{other.node_id}</span>
              </span>
              <span className="text-xs text-muted">{howOf(link)}</span>
            </Command.Item>
          );
        })}
      </Command.List>
    </Command.Dialog>
  );
}
