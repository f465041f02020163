/** What can be done at this moment with what is chosen, by command: keys, menus and the outline all do these. */
import { t } from "@lingui/core/macro";
import { toast } from "sonner";
import type { Command } from "@/lib/shortcuts";
import type { Point, useAdding } from "./adding";
import { copy, hasClip, keptClip, paste } from "./clipboard";
import { useEditor, type Editor } from "./context";
import { boxesOf } from "./dragging";
import { copied, pasted } from "./clip";
import { useFit } from "./fit";
import { cleared } from "./geometry";
import { configValue, withConfigValue } from "./graph";
import { newGroup, newNote } from "./notes";
import { removeChosen } from "./removing";
import { useReveal } from "./reveal";
import { runNode } from "./run-node";
import { chosen } from "./selection";
import { tidy } from "./tidy";

/** By command, what does it; absent if it cannot be done now. `at` is the place on the canvas, for what has one. */
export type Deeds = Partial<Record<Command, (at?: Point) => void>>;

/** Those that a key does. Copy, cut and paste are the browser's own events: see clipboard.ts. */
export const KEYED: Command[] = [
  "undo",
  "redo",
  "add",
  "addNote",
  "group",
  "selectAll",
  "duplicate",
  "rename",
  "connect",
  "insert",
  "toggle",
  "runNode",
  "remove",
  "tidy",
];

export interface Stage {
  selected: string[];
  setSelected: (ids: string[]) => void;
  palette: ReturnType<typeof useAdding>;
  /** Begins to name a node, or to write a note. */
  rename: (id: string) => void;
  connect: (id: string) => void;
}

interface View {
  fit: () => void;
  reveal: (at: Point) => void;
}

/** The deeds for what is chosen when it is called: cheap, so that menus may ask for other ids. */
export function useDeeds(stage: Stage): (ids?: string[]) => Deeds {
  const editor = useEditor();
  const fit = useFit();
  const reveal = useReveal();
  return (ids = stage.selected) => {
    const state = editor.document.store.getState();
    const found = chosen(state, ids);
    const reading: Deeds = {
      selectAll: () => stage.setSelected([...Object.keys(state.nodes), ...Object.keys(state.notes)]),
      ...(found.nodes.length + found.notes.length && { copy: () => copy(editor.document, ids) }),
    };
    if (state.readOnly) return reading;
    return { ...reading, ...building(editor, stage, ids, { fit, reveal }), ...changing(editor, stage, ids) };
  };
}

/** What adds to the canvas, or concerns all of it. */
function building(editor: Editor, stage: Stage, ids: string[], { fit, reveal }: View): Deeds {
  const { document } = editor;
  const { setSelected, palette, rename } = stage;
  const { nodes } = chosen(document.store.getState(), ids);
  return {
    undo: () => {
      const label = document.undo();
      if (label) toast.message(t`Undone: ${label}`, { duration: 1500 });
    },
    redo: () => {
      const label = document.redo();
      if (label) toast.message(t`Done again: ${label}`, { duration: 1500 });
    },
    add: (at) => palette.beside(ids.length === 1 ? ids[0]! : null, at),
    addNote: (at) => {
      const state = document.store.getState();
      const others = boxesOf(state, editor.types).filter(({ id }) => state.notes[id]?.kind !== "group");
      const note = cleared(newNote(at ?? palette.center(), state.notes), others);
      document.edit(t`Add a note`, [{ kind: "put_note", note }]);
      reveal(note);
      setSelected([note.id]);
      rename(note.id);
    },
    tidy: () => void tidy(editor, nodes.length > 1 ? nodes.map((node) => node.node_id) : null, fit),
    ...(hasClip() && {
      paste: (at) => {
        const clip = keptClip();
        if (clip) setSelected(paste(document, clip, at ?? palette.center()));
      },
    }),
  };
}

/** What changes what is chosen. */
function changing(editor: Editor, stage: Stage, ids: string[]): Deeds {
  const { document } = editor;
  const state = document.store.getState();
  const found = chosen(state, ids);
  const { nodes, links, notes } = found;
  const remove = () => {
    removeChosen(document, ids);
    stage.setSelected([]);
  };
  const deeds: Deeds = nodes.length || links.length || notes.length ? { remove } : {};
  if (nodes.length || notes.length) {
    deeds.group = () => {
      const all = boxesOf(state, editor.types);
      const note = newGroup(
        all.filter((box) => ids.includes(box.id)),
        state.notes,
      );
      document.edit(t`Group`, [{ kind: "put_note", note }]);
      stage.setSelected([note.id]);
      stage.rename(note.id);
    };
    deeds.cut = () => {
      copy(document, ids);
      remove();
    };
    deeds.duplicate = () => {
      const { edits, ids: made } = pasted(state, copied(state, ids), { x: 40, y: 60 });
      document.edit(t`Duplicate`, edits);
      stage.setSelected(made);
    };
  }
  if (ids.length !== 1) return deeds;
  const [node, link] = [nodes[0], links[0]];
  if (notes[0]) deeds.rename = () => stage.rename(ids[0]!);
  if (link) deeds.insert = (at) => stage.palette.into(link, at);
  return node ? { ...deeds, ...ofNode(editor, stage, node.node_id) } : deeds;
}

function ofNode(editor: Editor, stage: Stage, id: string): Deeds {
  const { document, types } = editor;
  const node = document.store.getState().nodes[id]!;
  const type = types.get(node.component_type);
  const active = type?.is_trigger && type.config_schema.properties?.is_active;
  return {
    rename: () => stage.rename(id),
    connect: () => stage.connect(id),
    ...(type?.executable && !type.is_trigger && { runNode: () => void runNode(editor, id) }),
    ...(active && {
      toggle: () => {
        const isOn = configValue(node.config, "is_active", active);
        const config = withConfigValue(node.config, "is_active", active, !isOn);
        document.edit(isOn ? t`Switch off` : t`Switch on`, [
          { kind: "set_node", node_id: id, patch: { config } },
        ]);
        toast.message(isOn ? t`"${id}" takes no more events.` : t`"${id}" takes events.`, { duration: 2000 });
      },
    }),
  };
}
