/** What a feature offers to fields that may hold expressions. Without it they are plain text. */
import { createContext, use, type ComponentType } from "react";
import type { Schema } from "@/api/types";
import type { Name } from "./completion";

export interface ExpressionHelp {
  /** What can be named here. */
  names: () => Name[];
  /** Puts `{{ path }}`, or with `bare` the path alone, into the field beside it. */
  Picker: ComponentType<{ bare?: boolean; compact?: boolean }>;
  /** What the value gives with the values of the last run. */
  Preview: ComponentType<{ value: unknown }>;
}

export const ExpressionContext = createContext<ExpressionHelp | null>(null);

export function useExpressionHelp(): ExpressionHelp | null {
  return use(ExpressionContext);
}

/** The names for a field, if it may hold expressions. */
export function useNames(field: Schema): (() => Name[]) | undefined {
  const help = useExpressionHelp();
  return field.expression ? help?.names : undefined;
}
