/** Deletes what is chosen, says so, and offers it back. */
import { plural, t } from "@lingui/core/macro";
import { toast } from "sonner";
import { chosen, removal, type Chosen } from "./selection";
import type { EditorDocument } from "./store";

export function removeChosen(document: EditorDocument, ids: string[]): void {
  const found = chosen(document.store.getState(), ids);
  const { label, edits } = removal(found);
  const last = () => document.store.getState().past.at(-1);
  const before = last();
  document.edit(label, edits);
  const made = last();
  if (!made || made === before) return;
  const back = () => {
    const entry = document.store.getState().past.find(({ id }) => id === made.id);
    if (entry === last()) document.undo();
    else if (entry) document.edit(t`Bring it back`, entry.undo);
  };
  toast.message(told(found), { duration: 8_000, action: { label: t`Undo`, onClick: back } });
}

function told({ nodes, notes }: Chosen): string {
  const many = nodes.length;
  if (many === 1) return t`Deleted "${nodes[0]!.node_id}".`;
  if (many) return plural(many, { one: "Deleted # node.", other: "Deleted # nodes." });
  return notes.length ? t`Deleted a note.` : t`Deleted an edge.`;
}
