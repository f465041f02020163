/** What a control of the form renderer is given. */
import type { ComponentType } from "react";
import type { Schema } from "@/api/types";
import type { Wiring } from "@/components/ui/field";

export interface WidgetProps {
  wiring: Wiring;
  field: Schema & { nullable?: boolean };
  root: Schema;
  name: string;
  value: unknown;
  onChange: (value: unknown) => void;
  /** The value of another field of the same form. */
  siblings: (name: string, field: Schema) => unknown;
}
export type Widget = ComponentType<WidgetProps>;

/** A value as it stands in a text field. */
export const text = (value: unknown) =>
  value == null ? "" : typeof value === "string" ? value : JSON.stringify(value);
