import { t } from "@lingui/core/macro";
import { useEffect, useRef } from "react";
import type { WorkflowNode } from "@/api/types";
import { tell } from "@/app/queries";
import { useDocument, useEditor, type Editor } from "./context";
import { placed } from "./dragging";
import { useFit } from "./fit";
import { applyAll } from "./graph";
import { layout } from "./layout";

/** Gives all nodes, or `only` some, new places: an edit, or for those who may only look the view's alone. */
export async function tidy(
  { document, types }: Editor,
  only: string[] | null,
  fit: () => void,
): Promise<void> {
  const places = await layout(document.store.getState(), types, only);
  const state = document.store.getState();
  const edits = placed(state, places);
  if (state.readOnly) document.store.setState(applyAll(state, edits).graph);
  else document.edit(t`Tidy up`, edits);
  if (!only) fit();
}

/** Whether nobody has given the nodes a place, as in what programs build. */
export function isPile(nodes: Record<string, WorkflowNode>): boolean {
  const all = Object.values(nodes);
  return all.length > 1 && all.every((node) => !node.position_x && !node.position_y);
}

/** A pile is tidied up when it is opened; once, so that this can be undone. */
export function useUnpiled(): void {
  const editor = useEditor();
  const fit = useFit();
  const piled = useDocument((state) => isPile(state.nodes));
  const opened = useRef(false);
  useEffect(() => {
    const mayBeUndone = opened.current && !editor.document.store.getState().readOnly;
    opened.current = true;
    if (piled && !mayBeUndone) tidy(editor, null, fit).catch(tell);
  }, [editor, fit, piled]);
}
