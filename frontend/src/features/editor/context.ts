/** What all parts of the editor share. */
import { t } from "@lingui/core/macro";
import { createContext, use } from "react";
import { useStore } from "zustand";
import type { NodeType } from "@/api/types";
import type { Presence } from "./presence";
import type { Runs, RunState } from "./runs";
import type { Document, EditorDocument } from "./store";

export interface Editor {
  slug: string;
  document: EditorDocument;
  runs: Runs;
  /** Where others are; absent where nobody edits. */
  presence?: Presence;
  types: Map<string, NodeType>;
}

export const EditorContext = createContext<Editor | null>(null);

/** The tabs of the inspector. */
export type Tab = "config" | "run" | "docs";
export type Inspect = (id: string, tab: Tab) => void;

/** Opens the inspector of a node; null where there is none. */
export const InspectContext = createContext<Inspect | null>(null);

/** The node that is inspected. */
export const NodeContext = createContext("");

export function useEditor(): Editor {
  const found = use(EditorContext);
  if (!found) throw new Error(t`This belongs into the editor.`);
  return found;
}

export function useDocument<T>(select: (state: Document) => T): T {
  return useStore(useEditor().document.store, select);
}

export function useRuns<T>(select: (state: RunState) => T): T {
  return useStore(useEditor().runs, select);
}
