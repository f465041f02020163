/** The one registry of shortcuts: it feeds the keys, the menus and the help sheet. Keys are written `mod+shift+z`. */
import { useEffect, useRef } from "react";

export interface Shortcut {
  keys: string[];
  label: string;
  group: "Everywhere" | "Canvas" | "Running";
  /** Also while somebody types in a field. */
  inFields?: boolean;
}

export const SHORTCUTS = {
  palette: { keys: ["mod+k"], label: "Command palette", group: "Everywhere", inFields: true },
  help: { keys: ["?"], label: "This list", group: "Everywhere" },
  undo: { keys: ["mod+z"], label: "Undo", group: "Canvas" },
  redo: { keys: ["mod+shift+z", "mod+y"], label: "Redo", group: "Canvas" },
  add: { keys: ["a"], label: "Add a node", group: "Canvas" },
  find: { keys: ["mod+f"], label: "Find on the canvas", group: "Canvas" },
  selectAll: { keys: ["mod+a"], label: "Select everything", group: "Canvas" },
  copy: { keys: ["mod+c"], label: "Copy", group: "Canvas" },
  cut: { keys: ["mod+x"], label: "Cut", group: "Canvas" },
  paste: { keys: ["mod+v"], label: "Paste", group: "Canvas" },
  duplicate: { keys: ["mod+d"], label: "Duplicate", group: "Canvas" },
  rename: { keys: ["F2"], label: "Rename", group: "Canvas" },
  connect: { keys: ["l"], label: "Connect to…", group: "Canvas" },
  insert: { keys: ["i"], label: "Insert a node on this edge", group: "Canvas" },
  toggle: { keys: ["shift+a"], label: "Switch a trigger on or off", group: "Canvas" },
  menu: { keys: ["shift+F10", "ContextMenu"], label: "Menu of what is chosen", group: "Canvas" },
  remove: { keys: ["Delete", "Backspace"], label: "Delete", group: "Canvas" },
  addNote: { keys: ["n"], label: "Add a note", group: "Canvas" },
  group: { keys: ["mod+g"], label: "Group the selection", group: "Canvas" },
  tidy: { keys: ["shift+t"], label: "Tidy up", group: "Canvas" },
  fit: { keys: ["shift+1"], label: "Show everything", group: "Canvas" },
  outline: { keys: ["o"], label: "Outline", group: "Canvas" },
  run: { keys: ["mod+Enter"], label: "Run", group: "Running", inFields: true },
  runNode: { keys: ["r"], label: "Run this node alone", group: "Running" },
  chat: { keys: ["c"], label: "Chat", group: "Running" },
} satisfies Record<string, Shortcut>;

export type Command = keyof typeof SHORTCUTS;

const mac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** Whether a key press is the one that is written so. */
export function matches(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split("+");
  const key = parts.pop()!;
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
  const names: Record<string, string> = { mod: mac ? "⌘" : "Ctrl", shift: "Shift", Delete: "Del" };
  return keys.split("+").map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

export function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
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
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      for (const [name, shortcut] of Object.entries(SHORTCUTS) as [Command, Shortcut][]) {
        const handler = latest.current[name];
        if (!handler || (!shortcut.inFields && isField(event.target))) continue;
        if (!shortcut.keys.some((keys) => matches(keys, event))) continue;
        event.preventDefault();
        handler(event);
        return;
      }
    };
    window.addEventListener("keydown", pressed);
    offering.add(latest);
    return () => {
      window.removeEventListener("keydown", pressed);
      offering.delete(latest);
    };
  }, []);
}
