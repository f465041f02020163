import { X } from "lucide-react";
import { useMemo, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { NodeIcon } from "@/components/ui/icon";
import { cn } from "@/lib/cn";
import { useDocument, useEditor, useRuns } from "./context";
import type { Graph } from "./graph";

/** The workflow as a list in the order of its flow, with what leads where: the canvas for those who do not see it, and
 * the search for everybody. */
export function Outline({
  selected,
  onPick,
  onClose,
}: {
  selected: string[];
  onPick: (id: string) => void;
  onClose: () => void;
}) {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const runs = useRuns((state) => state.nodes);
  const [text, setText] = useState("");
  const order = useMemo(() => inOrder({ nodes, edges }), [nodes, edges]);
  const found = order.filter((id) => {
    const node = nodes[id]!;
    const all = `${id} ${node.label} ${types.get(node.component_type)?.label} ${JSON.stringify(node.config)}`;
    return all.toLowerCase().includes(text.toLowerCase());
  });
  return (
    <aside aria-label="Outline" className="flex w-64 shrink-0 flex-col border-r border-line bg-panel">
      <div className="flex items-center gap-1 p-2">
        <Input
          autoFocus
          type="search"
          aria-label="Find in the workflow"
          placeholder="Find in names and configs"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") onClose();
            if (event.key === "Enter" && found[0]) onPick(found[0]);
          }}
        />
        <IconButton label="Close" onClick={onClose}>
          <X />
        </IconButton>
      </div>
      <ul className="min-h-0 grow overflow-auto px-2 pb-2">
        {found.map((id) => {
          const node = nodes[id]!;
          const type = types.get(node.component_type);
          const leads = Object.values(edges).filter((link) => link.source === id);
          return (
            <li key={id}>
              <button
                type="button"
                aria-current={selected.includes(id) || undefined}
                onClick={() => onPick(id)}
                className={cn(
                  "flex w-full gap-2 rounded-md px-2 py-1 text-left hover:bg-hover",
                  selected.includes(id) && "bg-hover",
                )}
              >
                <NodeIcon name={type?.icon ?? ""} className="mt-0.5 size-4 shrink-0 text-muted" />
                <span className="min-w-0">
                  <span className="block truncate">
                    {node.label || type?.label} <span className="font-mono text-xs text-muted">{id}</span>
                  </span>
                  <span className="block truncate text-xs text-muted">
                    {runs[id] && `${runs[id].status}. `}
                    {leads.length
                      ? `to ${leads.map((link) => `${link.target}${link.condition || link.label ? ` (${link.condition || link.label})` : ""}`).join(", ")}`
                      : "leads nowhere"}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
        {!found.length && <li className="p-3 text-center text-muted">Nothing holds this.</li>}
      </ul>
    </aside>
  );
}

/** Triggers first, then along the edges; what nothing leads to comes last. */
export function inOrder({ nodes, edges }: Graph): string[] {
  const links = Object.values(edges);
  const reached = new Set(links.map((link) => link.target));
  const starts = Object.keys(nodes).filter((id) => !reached.has(id));
  const found = new Set<string>();
  const todo = [...starts, ...Object.keys(nodes)].reverse();
  while (todo.length) {
    const id = todo.pop()!;
    if (found.has(id) || !nodes[id]) continue;
    found.add(id);
    for (const link of links) if (link.source === id) todo.push(link.target);
  }
  return [...found];
}
