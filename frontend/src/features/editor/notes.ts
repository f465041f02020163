/** Notes and groups: what people write on the canvas beside the nodes. Pure. */
import { t } from "@lingui/core/macro";
import type { components } from "@/api/schema";
import { bounds, type Box } from "./geometry";

export type Note = Required<components["schemas"]["Note"]>;
export type Color = Note["color"];

export const COLORS: Record<Color, string> = {
  amber: "var(--memory)",
  green: "var(--tool)",
  blue: "var(--model)",
  purple: "var(--ai)",
  red: "var(--bad)",
  grey: "var(--parser)",
};
export const MAX_TEXT = 2000;
/** The smallest that a note or a group may be made. */
export const LEAST = { width: 120, height: 60 };
const PADDING = 40;
const TITLE = 32;

/** An id that nobody else makes in the same moment. */
function freeNoteId(kind: Note["kind"], taken: Record<string, unknown>): string {
  const id = `${kind}-${Math.random().toString(36).slice(2, 12).padEnd(10, "0")}`;
  return id in taken ? freeNoteId(kind, taken) : id;
}

export function newNote({ x, y }: { x: number; y: number }, taken: Record<string, unknown>): Note {
  const place = { x: Math.round(x), y: Math.round(y), width: 220, height: 120 };
  return { id: freeNoteId("note", taken), kind: "note", text: "", color: "amber", ...place };
}

/** A frame around boxes, with room for its title. */
export function newGroup(boxes: Box[], taken: Record<string, unknown>): Note {
  const { x, y, width, height } = bounds(boxes);
  return {
    id: freeNoteId("group", taken),
    kind: "group",
    text: t`Group`,
    color: "blue",
    x: Math.round(x - PADDING),
    y: Math.round(y - PADDING - TITLE),
    width: Math.round(width + 2 * PADDING),
    height: Math.round(height + 2 * PADDING + TITLE),
  };
}

/** Copies under new ids, shifted. */
export function copiesOf(
  notes: Note[],
  offset: { x: number; y: number },
  taken: Record<string, unknown>,
): Note[] {
  const all = { ...taken };
  return notes.map((note) => {
    const id = freeNoteId(note.kind, all);
    all[id] = note;
    return { ...note, id, x: note.x + offset.x, y: note.y + offset.y };
  });
}

/** How a note is named where there is little room: its first line. */
export function nameOf({ kind, text }: Note): string {
  const line = text.trim().split("\n")[0]!.slice(0, 60);
  const what = kind === "group" ? t`Group` : t`Note`;
  return line && line !== what ? `${what}: ${line}` : what;
}
