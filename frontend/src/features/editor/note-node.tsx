import { t } from "@lingui/core/macro";
import { NodeResizer, NodeToolbar, Position, type NodeProps } from "@xyflow/react";
import { memo, useEffect, useRef, useState, type CSSProperties } from "react";
import { cn } from "@/lib/cn";
import { useDocument, useEditor } from "./context";
import type { NoteData } from "./flow-items";
import type { Edit } from "./graph";
import { COLORS, LEAST, MAX_TEXT, type Color, type Note } from "./notes";

const names = (): Record<Color, string> => ({
  amber: t`amber`,
  green: t`green`,
  blue: t`blue`,
  purple: t`purple`,
  red: t`red`,
  grey: t`grey`,
});

function tinted(color: Color, share: number): string {
  return `color-mix(in srgb, ${COLORS[color]} ${share}%, var(--panel))`;
}

/** A note: plain text, behind the nodes. */
export const StickyNote = memo(function StickyNote({ data, selected }: NodeProps) {
  const { note, writing, onWritten } = data as NoteData;
  const look: CSSProperties = { background: tinted(note.color, 16), borderColor: tinted(note.color, 60) };
  return (
    <div
      className={cn(
        "size-full overflow-hidden rounded-md border shadow-float",
        selected && "ring-2 ring-accent",
      )}
      style={look}
    >
      <Resizer note={note} isVisible={selected && !writing} />
      {writing ? (
        <Writing note={note} label={t`Text of the note`} onWritten={onWritten} />
      ) : (
        <p className="detail size-full overflow-hidden p-2.5 text-sm break-words whitespace-pre-wrap">
          {note.text || <span className="text-muted">{t`An empty note: press Enter to write.`}</span>}
        </p>
      )}
    </div>
  );
});

/** A group: a frame with a title. By its title it is chosen, and dragged with what lies in it. */
export const GroupFrame = memo(function GroupFrame({ data, selected }: NodeProps) {
  const { note, writing, onWritten } = data as NoteData;
  return (
    <div
      className={cn("size-full rounded-lg border-2 border-dashed", selected && "ring-2 ring-accent")}
      style={{
        background: `color-mix(in srgb, ${COLORS[note.color]} 7%, transparent)`,
        borderColor: COLORS[note.color],
      }}
    >
      <Resizer note={note} isVisible={selected && !writing} />
      <div
        className="group-title pointer-events-auto h-8 cursor-grab overflow-hidden rounded-t-md px-2.5 py-1.5 text-sm font-semibold"
        style={{ background: tinted(note.color, 18) }}
      >
        {writing ? (
          <Writing note={note} label={t`Title of the group`} onWritten={onWritten} />
        ) : (
          <span className="block truncate">{note.text || t`Group`}</span>
        )}
      </div>
    </div>
  );
});

function Resizer({ note, isVisible }: { note: Note; isVisible: boolean }) {
  const readOnly = useDocument((state) => state.readOnly);
  return (
    <NodeResizer
      isVisible={isVisible && !readOnly}
      minWidth={LEAST.width}
      minHeight={LEAST.height}
      color={COLORS[note.color]}
      handleClassName="!pointer-events-auto !size-2.5 !rounded-sm"
      lineClassName="!pointer-events-auto"
    />
  );
}

/** The text while it is written: Escape and leaving it keep what was written, over the text that it began with. */
function Writing({ note, label, onWritten }: { note: Note; label: string; onWritten: () => void }) {
  const { document } = useEditor();
  const [begun] = useState(note.text);
  const [text, setText] = useState(begun);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const area = field.current!;
    area.focus();
    area.select();
    return document.hold(note.id, () => area.value);
  }, [document, note.id]);
  const isGroup = note.kind === "group";
  const done = () => {
    const edit: Edit = { kind: "set_note", id: note.id, patch: { text }, before: { text: begun } };
    if (text !== begun) document.edit(t`Write a note`, [edit]);
    onWritten();
  };
  return (
    <textarea
      ref={field}
      aria-label={label}
      className={cn(
        "nodrag nopan nowheel pointer-events-auto block w-full resize-none bg-transparent text-sm outline-none",
        isGroup ? "h-5 overflow-hidden whitespace-nowrap" : "h-full p-2.5",
      )}
      rows={1}
      maxLength={MAX_TEXT}
      value={text}
      onChange={(event) => setText(isGroup ? event.target.value.replaceAll("\n", " ") : event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== "Escape" && !(event.key === "Enter" && isGroup)) return;
        event.preventDefault();
        const around = event.currentTarget.closest<HTMLElement>(".react-flow__node");
        event.currentTarget.blur();
        around?.focus();
      }}
    />
  );
}

/** Over a chosen note: its colour. */
export function NoteBar({ id }: { id: string }) {
  const { document } = useEditor();
  const note = useDocument((state) => state.notes[id]);
  if (!note) return null;
  const paint = (color: Color) =>
    document.edit(t`Paint a note`, [{ kind: "put_note", note: { ...note, color } }]);
  return (
    <NodeToolbar nodeId={id} isVisible position={Position.Top} className="!z-10">
      <div
        role="toolbar"
        aria-label={t`Colour`}
        className="flex gap-1 rounded-lg border border-line bg-raised p-1 shadow-float"
      >
        {(Object.entries(names()) as [Color, string][]).map(([color, name]) => (
          <button
            key={color}
            type="button"
            aria-label={t`Colour ${name}`}
            title={name}
            aria-pressed={note.color === color}
            onClick={() => paint(color)}
            className="size-6 rounded-full border-2 border-panel aria-pressed:border-ink"
            style={{ background: COLORS[color] }}
          />
        ))}
      </div>
    </NodeToolbar>
  );
}
