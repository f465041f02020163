import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { CodeField } from "./code-field";
import { useNames } from "./expression-help";
import type { WidgetProps } from "./widget";

/** JSON that is written: kept as text until it is valid. */
export function JsonWidget({ wiring, value, onChange, field }: WidgetProps) {
  const written = value == null ? "" : JSON.stringify(value, null, 2);
  const [draft, setDraft] = useState(written);
  const [fault, setFault] = useState("");
  useEffect(() => {
    setDraft((before) => (same(before, value) ? before : written));
  }, [value, written]);
  const changed = (next: string) => {
    setDraft(next);
    try {
      onChange(next.trim() === "" ? null : JSON.parse(next));
      setFault("");
    } catch (error) {
      if (field.widget === "json_or_text") onChange(next);
      else setFault(t`No valid JSON yet: ${(error as Error).message}`);
    }
  };
  return (
    <>
      <CodeField
        wiring={{ ...wiring, "aria-invalid": fault ? true : wiring["aria-invalid"] }}
        language={field.widget === "json_or_text" ? "template" : "json"}
        names={useNames(field)}
        value={draft}
        onChange={changed}
      />
      {fault && <p className="text-xs text-bad">{fault}</p>}
    </>
  );
}

function same(draft: string, value: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(draft)) === JSON.stringify(value);
  } catch {
    return draft !== "" && value != null && typeof value !== "string";
  }
}
