import { t } from "@lingui/core/macro";
import {
  ArrowRightToLine,
  ClipboardPaste,
  Copy,
  CopyPlus,
  Group,
  LayoutGrid,
  PenLine,
  Play,
  Plus,
  Power,
  Scissors,
  SquareDashedMousePointer,
  StickyNote,
  Trash2,
  Waypoints,
} from "lucide-react";
import type { ComponentType } from "react";
import { MenuItem, MenuSeparator, PointMenu } from "@/components/ui/menu";
import { SHORTCUTS, written, type Command } from "@/lib/shortcuts";
import type { Point } from "./adding";
import type { Deeds } from "./deeds";
import type { About } from "./selection";

const ICONS: Partial<Record<Command, ComponentType>> = {
  runNode: Play,
  toggle: Power,
  rename: PenLine,
  connect: Waypoints,
  insert: ArrowRightToLine,
  add: Plus,
  addNote: StickyNote,
  group: Group,
  copy: Copy,
  cut: Scissors,
  paste: ClipboardPaste,
  duplicate: CopyPlus,
  selectAll: SquareDashedMousePointer,
  tidy: LayoutGrid,
  remove: Trash2,
};

/** What each menu offers, group by group, of what can be done. */
const ORDER = {
  node: [
    ["runNode", "toggle", "rename"],
    ["add", "connect", "group"],
    ["copy", "cut", "duplicate"],
    ["remove"],
  ],
  note: [["rename"], ["copy", "cut", "duplicate"], ["remove"]],
  selection: [["group", "tidy"], ["copy", "cut", "duplicate"], ["remove"]],
  edge: [["insert"], ["remove"]],
  canvas: [
    ["add", "addNote", "paste"],
    ["selectAll", "tidy"],
  ],
} satisfies Record<About, Command[][]>;

/** Labels that say more than that of the shortcut. */
const otherwise = (): Record<string, string> => ({
  "node.add": t`Add a node after it`,
  "note.rename": t`Edit the text`,
});

const titles = (): Record<About, string> => ({
  node: t`Node`,
  note: t`Note`,
  selection: t`Selection`,
  edge: t`Edge`,
  canvas: t`Canvas`,
});

/** The entries of a menu; those of the outline are the same. */
export function DeedItems({ about, deeds, at }: { about: About; deeds: Deeds; at?: Point }) {
  const groups = ORDER[about]
    .map((group) => (group as Command[]).filter((name) => deeds[name]))
    .filter((group) => group.length);
  return groups.map((group, index) => (
    <div key={group[0]}>
      {index > 0 && <MenuSeparator />}
      {group.map((name) => {
        const Icon = ICONS[name];
        const keys = SHORTCUTS[name].keys[0];
        return (
          <MenuItem
            key={name}
            icon={Icon && <Icon />}
            keys={keys ? written(keys) : undefined}
            danger={name === "remove"}
            onSelect={() => deeds[name]!(at)}
          >
            {otherwise()[`${about}.${name}`] ?? SHORTCUTS[name].label()}
          </MenuItem>
        );
      })}
    </div>
  ));
}

interface Props {
  about: About;
  deeds: Deeds;
  /** Where the menu opens, in the window, and what place of the canvas that is. */
  screen: Point;
  at?: Point;
  onClose: () => void;
}

export function ContextMenu({ about, deeds, screen, at, onClose }: Props) {
  return (
    <PointMenu at={screen} label={titles()[about]} onClose={onClose}>
      <DeedItems about={about} deeds={deeds} at={at} />
    </PointMenu>
  );
}
