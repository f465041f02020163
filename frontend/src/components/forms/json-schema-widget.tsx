/** A JSON Schema as a list of fields; what such a list cannot say is written as JSON. */
import { t } from "@lingui/core/macro";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Checkbox, Input, Select } from "@/components/ui/field";
import { JsonWidget } from "./json-widget";
import {
  types,
  propertiesOf,
  withNewProperty,
  withOrder,
  withProperty,
  withoutProperty,
  type Property,
} from "./json-schema";
import { AddRow, RowButtons } from "./row-buttons";
import type { WidgetProps } from "./widget";

export function JsonSchemaWidget(props: WidgetProps) {
  const { value, onChange, field } = props;
  const [asJson, setAsJson] = useState(false);
  const rows = propertiesOf(value);
  const reordered = (next: Property[]) => {
    if (next.length === rows!.length) return onChange(withOrder(value, names(next)));
    const gone = rows!.find((row) => !next.includes(row))!;
    onChange(next.length || !field.nullable ? withoutProperty(value, gone.name) : null);
  };
  return (
    <div data-rows className="flex flex-col gap-2">
      {asJson || !rows ? (
        <JsonWidget {...props} />
      ) : (
        <>
          {rows.map((row, index) => (
            <Row
              // oxlint-disable-next-line react/no-array-index-key -- names change while they are written
              key={index}
              row={row}
              number={index + 1}
              taken={names(rows)}
              onChange={(patch) => onChange(withProperty(value, row.name, patch))}
            >
              <RowButtons rows={rows} index={index} name={t`field ${index + 1}`} onChange={reordered} />
            </Row>
          ))}
          <AddRow label={t`Add a field`} onAdd={() => onChange(withNewProperty(value))} />
        </>
      )}
      {rows ? (
        <Button size="sm" variant="ghost" className="self-end" onClick={() => setAsJson(!asJson)}>
          {asJson ? t`Edit as a list of fields` : t`Edit as JSON`}
        </Button>
      ) : (
        <p className="text-xs text-muted">
          {t`This schema is no plain list of fields, so it is written as JSON: type object, with properties.`}
        </p>
      )}
    </div>
  );
}

const names = (rows: Property[]) => rows.map((row) => row.name);

interface RowProps {
  row: Property;
  number: number;
  taken: string[];
  onChange: (patch: Partial<Property>) => void;
  children: React.ReactNode;
}

function Row({ row, number, taken, onChange, children }: RowProps) {
  const hasChoices = row.type === "string" || row.type === "number" || row.type === "integer";
  return (
    <fieldset className="flex flex-col gap-1.5 rounded-md border border-line p-2">
      <legend className="sr-only">{t`Field ${number}`}</legend>
      <div className="flex items-center gap-1">
        <NameInput row={row} number={number} taken={taken} onChange={onChange} />
        {children}
      </div>
      <div className="flex items-center gap-2">
        <Select
          aria-label={t`Type of field ${number}`}
          value={row.type ?? ""}
          onChange={(event) => onChange({ type: event.target.value })}
        >
          {row.type === null && <option value="">{t`As the JSON says`}</option>}
          {Object.entries(types()).map(([type, label]) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
        </Select>
        <label className="flex shrink-0 items-center gap-1.5 text-xs">
          <Checkbox
            checked={row.required}
            onChange={(event) => onChange({ required: event.target.checked })}
          />
          {t`Required`}
        </label>
      </div>
      <Input
        aria-label={t`Description of field ${number}`}
        placeholder={t`description`}
        value={row.description}
        onChange={(event) => onChange({ description: event.target.value })}
      />
      {hasChoices && <Choices row={row} number={number} onChange={onChange} />}
    </fieldset>
  );
}

/** A name becomes the property's when the field is left, so that it never takes another's place half written. */
function NameInput({ row, number, taken, onChange }: Omit<RowProps, "children">) {
  const [draft, setDraft] = useState(row.name);
  const [before, setBefore] = useState(row.name);
  if (before !== row.name) {
    setBefore(row.name);
    setDraft(row.name);
  }
  const fault =
    draft === ""
      ? t`Give the field a name.`
      : draft !== row.name && taken.includes(draft)
        ? t`Another field has this name.`
        : "";
  const done = () => (fault ? setDraft(row.name) : draft !== row.name && onChange({ name: draft }));
  return (
    <span className="min-w-0 grow">
      <Input
        className="font-mono text-xs"
        aria-label={t`Name of field ${number}`}
        aria-invalid={fault ? true : undefined}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={done}
        onKeyDown={(event) => event.key === "Enter" && done()}
      />
      {fault && <span className="text-xs text-bad">{fault}</span>}
    </span>
  );
}

function Choices({ row, number, onChange }: Pick<RowProps, "row" | "number" | "onChange">) {
  const [draft, setDraft] = useState("");
  const shown = parts(draft).join() === row.choices.join() ? draft : row.choices.join(", ");
  return (
    <Input
      aria-label={t`Choices of field ${number}`}
      placeholder={t`only these values: small, large`}
      value={shown}
      onChange={(event) => {
        setDraft(event.target.value);
        onChange({ choices: parts(event.target.value) });
      }}
    />
  );
}

const parts = (text: string) => [
  ...new Set(
    text
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean),
  ),
];
