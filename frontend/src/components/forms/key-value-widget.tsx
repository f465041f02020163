import { t } from "@lingui/core/macro";
import { Trash2 } from "lucide-react";
import { useEffect, useState, type ComponentProps } from "react";
import { IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { ExpressionField } from "./expression-field";
import { AddRow } from "./row-buttons";
import { EXPRESSION } from "./rules";
import { text, type WidgetProps } from "./widget";

type Row = [string, unknown];

/** An object of names and values; the order of the rows stays while a name is written, and so do values that are no
 * texts until they are edited. */
export function KeyValueWidget({ wiring, field, value, onChange }: WidgetProps) {
  const given: Row[] = value && typeof value === "object" ? Object.entries(value) : [];
  const [rows, setRows] = useState(given);
  const stored = JSON.stringify(given);
  useEffect(() => {
    setRows((before) => {
      const full = before.filter(([key]) => key !== "");
      return JSON.stringify(Object.entries(Object.fromEntries(full))) === stored
        ? before
        : JSON.parse(stored);
    });
  }, [stored]);
  const change = (next: Row[]) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([key]) => key !== "")));
  };
  const put = (index: number, row: Row) => change(rows.map((one, i) => (i === index ? row : one)));
  const Value = field.expression ? ExpressionField : PlainValue;
  return (
    <div className="flex flex-col gap-1.5">
      {rows.map(([key, one], index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
        <div key={index} className="flex flex-col gap-1 rounded-md border border-line p-2">
          <div className="flex gap-1">
            <Input
              id={index === 0 ? wiring.id : undefined}
              className="font-mono text-xs"
              placeholder={t`name`}
              aria-label={t`Name ${index + 1}`}
              value={key}
              onChange={(event) => put(index, [event.target.value, one])}
            />
            <IconButton
              label={t`Remove ${index + 1}`}
              onClick={() => change(rows.filter((_, i) => i !== index))}
            >
              <Trash2 />
            </IconButton>
          </div>
          <Value
            wiring={{ id: `${wiring.id}-value-${index}`, "aria-label": t`Value ${index + 1}` }}
            placeholder={field.expression ? t`value or ${EXPRESSION}` : t`value`}
            value={text(one)}
            onChange={(next) => put(index, [key, next])}
          />
        </div>
      ))}
      <AddRow id={rows.length ? undefined : wiring.id} onAdd={() => setRows([...rows, ["", ""]])} />
    </div>
  );
}

function PlainValue({ wiring, onChange, ...rest }: ComponentProps<typeof ExpressionField>) {
  return (
    <Input
      {...wiring}
      {...rest}
      className="font-mono text-xs"
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
