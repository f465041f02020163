/** Copy, cut and paste of what is chosen, by keys and from menus. */
import { t } from "@lingui/core/macro";
import { useEffect } from "react";
import { toast } from "sonner";
import { isField } from "@/lib/shortcuts";
import { claimsToBeClip, clipOf, copied, pasted, type Clip } from "./clip";
import type { EditorDocument } from "./store";

const KEPT = "pipelit.clip";

interface Wiring {
  document: EditorDocument;
  selected: string[];
  onSelect: (ids: string[]) => void;
  /** Deletes what is chosen, for a cut. */
  remove: () => void;
  /** Where on the canvas the pointer is. */
  pointer: () => { x: number; y: number };
}

/** What is chosen, as text; also kept for menus, which may not read the system's clipboard without asking. */
function copiedText(document: EditorDocument, selected: string[]): string | null {
  const clip = copied(document.store.getState(), selected);
  if (!clip.nodes.length && !clip.notes?.length) return null;
  const text = JSON.stringify(clip, null, 1);
  try {
    localStorage.setItem(KEPT, text);
  } catch {
    // too large to keep: the keys still work
  }
  return text;
}

/** Copy from a menu: to the system's clipboard where that is allowed. */
export function copy(document: EditorDocument, selected: string[]): void {
  const text = copiedText(document, selected);
  if (text) void navigator.clipboard?.writeText(text).catch(() => undefined);
}

export function hasClip(): boolean {
  return localStorage.getItem(KEPT) !== null;
}

export function keptClip(): Clip | null {
  return clipOf(localStorage.getItem(KEPT) ?? "");
}

/** Paste with the upper left corner at a place of the canvas; the ids of what is new. */
export function paste(document: EditorDocument, clip: Clip, at: { x: number; y: number }): string[] {
  const notes = clip.notes ?? [];
  const left = Math.min(...clip.nodes.map((node) => node.position_x), ...notes.map((note) => note.x));
  const top = Math.min(...clip.nodes.map((node) => node.position_y), ...notes.map((note) => note.y));
  const { edits, ids } = pasted(document.store.getState(), clip, { x: at.x - left, y: at.y - top });
  document.edit(t`Paste`, edits);
  return ids;
}

/** Takes the browser's own copy, cut and paste while the canvas is there. */
export function useClipboard({ document, selected, onSelect, remove, pointer }: Wiring): void {
  useEffect(() => {
    const copying = (event: ClipboardEvent) => {
      if (isField(event.target) || window.getSelection()?.toString()) return;
      const text = copiedText(document, selected);
      if (!text) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", text);
      if (event.type === "cut") remove();
      else toast.message(t`Copied.`, { duration: 1500 });
    };
    const pasting = (event: ClipboardEvent) => {
      if (isField(event.target) || document.store.getState().readOnly) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const clip = clipOf(text);
      if (clip) {
        event.preventDefault();
        onSelect(paste(document, clip, pointer()));
      } else if (claimsToBeClip(text) && text.length < 1_000_000)
        toast.error(t`What is on the clipboard is damaged: it cannot be pasted. Copy it once more.`);
      else if (text.length > 1_000_000) toast.error(t`What is on the clipboard is too large to be nodes.`);
    };
    window.addEventListener("copy", copying);
    window.addEventListener("cut", copying);
    window.addEventListener("paste", pasting);
    return () => {
      window.removeEventListener("copy", copying);
      window.removeEventListener("cut", copying);
      window.removeEventListener("paste", pasting);
    };
  }, [document, onSelect, pointer, remove, selected]);
}
