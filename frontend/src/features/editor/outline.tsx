import { t } from "@lingui/core/macro";
import { Ellipsis, Group, StickyNote, Unlink, X } from "lucide-react";
import { useMemo, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { NodeIcon } from "@/components/ui/icon";
import { Menu } from "@/components/ui/menu";
import { statusWord } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { howOf } from "./connect-dialog";
import { DeedItems } from "./context-menu";
import { useDocument, useEditor, useRuns } from "./context";
import type { Deeds } from "./deeds";
import { matching } from "./finding";
import { linkKey } from "./graph";
import { nameOf, type Note } from "./notes";
import { inOrder } from "./outline-order";

interface Props {
  selected: string[];
  onPick: (id: string) => void;
  onClose: () => void;
  deedsOf: (ids: string[]) => Deeds;
}

/** The workflow as a list in the order of its flow, with what leads where and all that can be done with it: the canvas
 * for those who do not see it. */
export function Outline({ selected, onPick, onClose, deedsOf }: Props) {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const notes = useDocument((state) => state.notes);
  const [text, setText] = useState("");
  const order = useMemo(() => inOrder({ nodes, edges }), [nodes, edges]);
  const hits = text.trim() ? new Set(matching({ nodes, edges, notes }, types, text)) : null;
  const found = order.filter((id) => hits?.has(id) ?? true);
  const whole = deedsOf([]);
  return (
    <aside aria-label={t`Outline`} className="flex w-72 shrink-0 flex-col border-r border-line bg-panel">
      <div className="flex items-center gap-1 p-2">
        <Input
          autoFocus
          type="search"
          aria-label={t`Find in the workflow`}
          placeholder={t`Names and configs`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") onClose();
            if (event.key === "Enter" && found[0]) onPick(found[0]);
          }}
        />
        <Menu
          trigger={
            <IconButton label={t`What can be done with all of it`}>
              <Ellipsis />
            </IconButton>
          }
        >
          <DeedItems about="canvas" deeds={whole} />
        </Menu>
        <IconButton label={t`Close`} onClick={onClose}>
          <X />
        </IconButton>
      </div>
      <ul className="min-h-0 grow overflow-auto px-2 pb-2">
        {found.map((id) => (
          <Row key={id} id={id} isChosen={selected.includes(id)} onPick={onPick} deedsOf={deedsOf} />
        ))}
        {Object.values(notes)
          .filter((note) => hits?.has(note.id) ?? true)
          .map((note) => (
            <NoteRow
              key={note.id}
              note={note}
              isChosen={selected.includes(note.id)}
              onPick={onPick}
              deeds={deedsOf([note.id])}
            />
          ))}
        {!found.length && <li className="p-3 text-center text-muted">{t`Nothing holds this.`}</li>}
      </ul>
    </aside>
  );
}

interface RowProps {
  id: string;
  isChosen: boolean;
  onPick: (id: string) => void;
  deedsOf: (ids: string[]) => Deeds;
}

function Row({ id, isChosen, onPick, deedsOf }: RowProps) {
  const { document, types } = useEditor();
  const node = useDocument((state) => state.nodes[id]!);
  const edges = useDocument((state) => state.edges);
  const readOnly = useDocument((state) => state.readOnly);
  const status = useRuns((state) => state.nodes[id]?.status);
  const type = types.get(node.component_type);
  const name = node.label || type?.label || node.component_type;
  const leads = Object.values(edges).filter((link) => link.source === id);
  return (
    <li className={cn("rounded-md", isChosen && "bg-hover")}>
      <div className="flex items-start">
        <button
          type="button"
          aria-current={isChosen || undefined}
          onClick={() => onPick(id)}
          className="flex min-w-0 grow gap-2 rounded-md px-2 py-1 text-left hover:bg-hover"
        >
          <NodeIcon name={type?.icon ?? ""} className="mt-0.5 size-4 shrink-0 text-muted" />
          <span className="min-w-0">
            <span className="block truncate">
              {name} <span className="font-mono text-xs text-muted">{id}</span>
            </span>
            <span className="block truncate text-xs text-muted">
              {status && `${statusWord(status)}. `}
              {!leads.length && t`leads nowhere`}
            </span>
          </span>
        </button>
        <Menu
          trigger={
            <IconButton size="icon-sm" label={t`What can be done with ${id}`}>
              <Ellipsis />
            </IconButton>
          }
        >
          <DeedItems about="node" deeds={deedsOf([id])} />
        </Menu>
      </div>
      {leads.length > 0 && (
        <ul aria-label={t`What ${id} leads to`} className="pb-1 pl-8">
          {leads.map((link) => (
            <li key={linkKey(link)} className="flex items-center gap-1 text-xs text-muted">
              <Button variant="ghost" size="sm" className="min-w-0 px-1" onClick={() => onPick(link.target)}>
                → {link.target} {howOf(link)}
              </Button>
              {!readOnly && (
                <IconButton
                  size="icon-sm"
                  label={t`Disconnect ${id} from ${link.target}`}
                  onClick={() => document.edit(t`Disconnect`, [{ kind: "remove_edge", link }])}
                >
                  <Unlink />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

interface NoteRowProps {
  note: Note;
  isChosen: boolean;
  onPick: (id: string) => void;
  deeds: Deeds;
}

function NoteRow({ note, isChosen, onPick, deeds }: NoteRowProps) {
  const Icon = note.kind === "group" ? Group : StickyNote;
  return (
    <li className={cn("flex items-start rounded-md", isChosen && "bg-hover")}>
      <button
        type="button"
        aria-current={isChosen || undefined}
        onClick={() => onPick(note.id)}
        className="flex min-w-0 grow gap-2 rounded-md px-2 py-1 text-left hover:bg-hover"
      >
        <Icon className="mt-0.5 size-4 shrink-0 text-muted" />
        <span className="truncate">{nameOf(note)}</span>
      </button>
      <Menu
        trigger={
          <IconButton size="icon-sm" label={t`What can be done with ${nameOf(note)}`}>
            <Ellipsis />
          </IconButton>
        }
      >
        <DeedItems about="note" deeds={deeds} />
      </Menu>
    </li>
  );
}
