import { t } from "@lingui/core/macro";
import { Search } from "lucide-react";
import { useMemo, useState, type KeyboardEvent } from "react";
import type { NodeType } from "@/api/types";
import { NodeIcon } from "@/components/ui/icon";
import { Input } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import { unmarked } from "@/lib/format";
import { DRAGGED } from "./canvas";
import { colourOf } from "./node";

const ORDER = ["trigger", "ai", "model", "logic", "tool", "memory", "platform"];
const titles = (): Record<string, string> => ({
  trigger: t`Triggers`,
  ai: t`AI`,
  model: t`Models`,
  logic: t`Logic`,
  tool: t`Tools`,
  memory: t`Memory`,
  platform: t`Platform`,
});

interface Props {
  types: NodeType[];
  onPick: (type: NodeType) => void;
  onClose: () => void;
  className?: string;
  /** Why not all are here. */
  note?: string;
}

/** The node types, found by name: click, Enter or drag adds one. */
export function Palette({ types, onPick, onClose, className, note }: Props) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = useMemo(() => search(types, text), [types, text]);
  const categories = text ? [""] : [...new Set(found.map((type) => type.category))];
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setActive((active + step + found.length) % found.length);
    } else if (event.key === "Enter" && found[active]) {
      event.preventDefault();
      onPick(found[active]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
  };
  return (
    <div
      role="dialog"
      aria-label={t`Add a node`}
      className={cn("flex w-72 flex-col rounded-lg border border-line bg-raised shadow-float", className)}
    >
      <div className="relative p-2">
        <Search className="absolute top-4.5 left-4.5 size-3.5 text-muted" />
        <Input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette"
          aria-activedescendant={found[active] && `palette-${found[active].component_type}`}
          aria-label={t`Find a node type`}
          placeholder={t`Find a node type`}
          className="pl-8"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={pressed}
        />
      </div>
      {note && <p className="px-3 pb-1 text-xs text-muted">{note}</p>}
      <div
        id="palette"
        role="listbox"
        aria-label={t`Node types`}
        className="max-h-90 min-h-0 overflow-auto px-2 pb-2"
      >
        {categories.map((category) => (
          <div
            key={category}
            role="group"
            aria-label={category ? (titles()[category] ?? category) : t`Found`}
          >
            {category && (
              <h3 aria-hidden="true" className="px-1 pt-2 pb-1 text-xs font-semibold text-muted">
                {titles()[category] ?? category}
              </h3>
            )}
            {found.map((type, index) =>
              category && type.category !== category ? null : (
                <button
                  key={type.component_type}
                  type="button"
                  role="option"
                  id={`palette-${type.component_type}`}
                  aria-selected={index === active}
                  tabIndex={-1}
                  draggable
                  onDragStart={(event) => {
                    event.dataTransfer.setData(DRAGGED, type.component_type);
                    event.dataTransfer.effectAllowed = "copy";
                  }}
                  onClick={() => onPick(type)}
                  onPointerMove={() => setActive(index)}
                  title={unmarked(type.description)}
                  className={cn(
                    "flex w-full items-center gap-2 rounded-md px-1.5 py-1 text-left",
                    index === active && "bg-hover",
                  )}
                >
                  <span
                    className="grid size-6 shrink-0 place-items-center rounded text-white dark:text-black"
                    style={{ background: colourOf(type) }}
                  >
                    <NodeIcon name={type.icon} className="size-3.5" />
                  </span>
                  <span className="min-w-0">
                    <span className="block truncate">{type.label}</span>
                    <span className="line-clamp-2 text-xs text-muted">{unmarked(type.description)}</span>
                  </span>
                </button>
              ),
            )}
          </div>
        ))}
      </div>
      {!found.length && (
        <p className="p-3 text-center text-muted">
          {types.length ? t`Nothing is called so.` : t`There is no node type that fits here.`}
        </p>
      )}
    </div>
  );
}

/** By the start of a name first, then by any word. */
export function search(types: NodeType[], text: string): NodeType[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (type: NodeType) => ORDER.indexOf(type.category);
  const hits = types.filter((type) => {
    const all = `${type.label} ${type.component_type} ${type.description} ${type.category}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const first = (type: NodeType) => (words[0] && type.label.toLowerCase().startsWith(words[0]) ? 0 : 1);
  return hits.sort(
    (a, b) => (words.length ? first(a) - first(b) : 0) || rank(a) - rank(b) || a.label.localeCompare(b.label),
  );
}
