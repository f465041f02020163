/** The one registry of shortcuts: it feeds the keys, the menus and the help sheet. Keys are written `mod+shift+z`, the + itself `plus`. */
import { t } from "@lingui/core/macro";
import { useEffect, useRef, type KeyboardEvent as Pressed } from "react";

export interface Shortcut {
  keys: string[];
  label: () => string;
  group: "everywhere" | "canvas" | "running";
  /** Also while somebody types in a field. */
  inFields?: boolean;
}

export const SHORTCUTS = {
  palette: { keys: ["mod+k"], label: () => t`Command palette`, group: "everywhere", inFields: true },
  help: { keys: ["?"], label: () => t`This list`, group: "everywhere" },
  undo: { keys: ["mod+z"], label: () => t`Undo`, group: "canvas" },
  redo: { keys: ["mod+shift+z", "mod+y"], label: () => t`Redo`, group: "canvas" },
  add: { keys: ["a"], label: () => t`Add a node`, group: "canvas" },
  find: { keys: ["mod+f"], label: () => t`Find on the canvas`, group: "canvas" },
  selectAll: { keys: ["mod+a"], label: () => t`Select everything`, group: "canvas" },
  copy: { keys: ["mod+c"], label: () => t`Copy`, group: "canvas" },
  cut: { keys: ["mod+x"], label: () => t`Cut`, group: "canvas" },
  paste: { keys: ["mod+v"], label: () => t`Paste`, group: "canvas" },
  duplicate: { keys: ["mod+d"], label: () => t`Duplicate`, group: "canvas" },
  rename: { keys: ["F2"], label: () => t`Rename`, group: "canvas" },
  connect: { keys: ["l"], label: () => t`Connect to…`, group: "canvas" },
  insert: { keys: ["i"], label: () => t`Insert a node on this edge`, group: "canvas" },
  toggle: { keys: ["shift+a"], label: () => t`Switch a trigger on or off`, group: "canvas" },
  menu: { keys: ["shift+F10", "ContextMenu"], label: () => t`Menu of what is chosen`, group: "canvas" },
  remove: { keys: ["Delete", "Backspace"], label: () => t`Delete`, group: "canvas" },
  addNote: { keys: ["n"], label: () => t`Add a note`, group: "canvas" },
  group: { keys: ["mod+g"], label: () => t`Group the selection`, group: "canvas" },
  tidy: { keys: ["shift+t"], label: () => t`Tidy up`, group: "canvas" },
  fit: { keys: ["shift+1"], label: () => t`Show everything`, group: "canvas" },
  zoomIn: { keys: ["plus", "="], label: () => t`Zoom in`, group: "canvas" },
  zoomOut: { keys: ["-"], label: () => t`Zoom out`, group: "canvas" },
  outline: { keys: ["o"], label: () => t`Outline`, group: "canvas" },
  run: { keys: ["mod+Enter"], label: () => t`Run`, group: "running", inFields: true },
  runNode: { keys: ["r"], label: () => t`Run this node alone`, group: "running" },
  chat: { keys: ["c"], label: () => t`Chat`, group: "running" },
} satisfies Record<string, Shortcut>;

export type Command = keyof typeof SHORTCUTS;

const mac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** Whether a key press is the one that is written so. */
export function matches(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split("+");
  const last = parts.pop()!;
  const key = last === "plus" ? "+" : last;
  const letter = key.length === 1 && /[a-z0-9]/i.test(key);
  const pressed = letter && event.code ? event.code.replace(/^(Key|Digit)/, "") : event.key;
  return (
    pressed.toLowerCase() === key.toLowerCase() &&
    (event.ctrlKey || event.metaKey) === parts.includes("mod") &&
    (letter || key.length > 1 ? event.shiftKey === parts.includes("shift") : true) &&
    !event.altKey
  );
}

/** As it is printed on keys: `⌘ Z` on a Mac, `Ctrl Z` elsewhere. */
export function written(keys: string): string[] {
  const names: Record<string, string> = {
    mod: mac ? "⌘" : "Ctrl",
    shift: "Shift",
    Delete: "Del",
    ContextMenu: "Menu",
    plus: "+",
  };
  return keys.split("+").map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

export function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Keys in the panels beside the canvas (what floats above is no part). Escape leaves a field for its panel, and the
 * panel for the canvas, unless something else takes it; nothing on the canvas is deleted from there. */
export function keysOfPanels(event: Pressed<HTMLElement>, onLeave: () => void): void {
  const { key, currentTarget, nativeEvent } = event;
  const target = event.target as HTMLElement;
  if (event.defaultPrevented || nativeEvent.isComposing || !currentTarget.contains(target)) return;
  const panel = target.closest("aside");
  if (key === "Escape" && panel) {
    event.preventDefault();
    if (isField(target)) panel.focus();
    else {
      target.blur();
      onLeave();
    }
  } else if (!isField(target) && SHORTCUTS.remove.keys.includes(key)) event.preventDefault();
}

type Handlers = Partial<Record<Command, (event?: KeyboardEvent) => void>>;

/** What is there to do on this page now, for the command palette. */
const offering = new Set<{ current: Handlers }>();

export function offered(): { command: Command; run: () => void }[] {
  return [...offering].flatMap(({ current }) =>
    (Object.keys(current) as Command[]).map((command) => ({ command, run: () => current[command]?.() })),
  );
}

/** Do what is given for each command while the component is there. */
export function useShortcuts(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const taking = (inFields: boolean) => (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      for (const [name, shortcut] of Object.entries(SHORTCUTS) as [Command, Shortcut][]) {
        const handler = latest.current[name];
        if (!handler || inFields !== Boolean(shortcut.inFields)) continue;
        if (!inFields && isField(event.target)) continue;
        if (!shortcut.keys.some((keys) => matches(keys, event))) continue;
        event.preventDefault();
        handler(event);
        return;
      }
    };
    const [first, last] = [taking(true), taking(false)];
    window.addEventListener("keydown", first, true); // before a field makes something else of the key
    window.addEventListener("keydown", last);
    offering.add(latest);
    return () => {
      window.removeEventListener("keydown", first, true);
      window.removeEventListener("keydown", last);
      offering.delete(latest);
    };
  }, []);
}
