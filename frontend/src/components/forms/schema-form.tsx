/** The one form renderer: a control per field of a component's JSON Schema, chosen by widget hint, else by type. */
import { t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import type { Schema } from "@/api/types";
import { Field } from "@/components/ui/field";
import { useExpressionHelp } from "./expression-help";
import { CheckboxWidget, widgetOf } from "./widgets";

export interface FormProps {
  schema: Schema;
  value: (name: string, field: Schema) => unknown;
  onChange: (name: string, field: Schema, value: unknown) => void;
  /** Sentences by field name. */
  errors?: Record<string, string>;
  /** The title under which a field stands folded away below the others. */
  groupOf?: (name: string) => string | undefined;
  hidden?: (name: string) => boolean;
}

/** A field without its `null` alternative and with what `$ref` names. */
export function resolved(field: Schema, root: Schema): Schema & { nullable?: boolean } {
  let found = field;
  if (found.$ref) found = { ...root.$defs?.[found.$ref.split("/").pop()!], ...found, $ref: undefined };
  if (found.anyOf) {
    const rest = found.anyOf.filter((one) => one.type !== "null");
    const nullable = rest.length < found.anyOf.length;
    if (rest.length === 1) found = { ...resolved(rest[0]!, root), ...found, anyOf: undefined };
    return { ...found, nullable };
  }
  return found;
}

export function SchemaForm(props: FormProps) {
  const { schema, hidden, groupOf } = props;
  const groups = new Map<string | undefined, string[]>([[undefined, []]]);
  for (const name of Object.keys(schema.properties ?? {})) {
    if (hidden?.(name)) continue;
    const group = groupOf?.(name);
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const field = (name: string): ReactNode => <SchemaField key={name} name={name} {...props} />;
  return (
    <div className="flex flex-col gap-4">
      {[...groups].map(([title, names]) =>
        title === undefined ? (
          names.length ? (
            names.map(field)
          ) : (
            <Nothing key="nothing" />
          )
        ) : (
          <Folded key={title} title={title}>
            {names.map(field)}
          </Folded>
        ),
      )}
    </div>
  );
}

function Nothing() {
  return <p className="text-muted">{t`There is nothing more to set here.`}</p>;
}

function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="border-t border-line pt-2"
    >
      <summary className="py-1 text-sm font-medium text-muted">{title}</summary>
      {open && <div className="flex flex-col gap-4 pt-2">{children}</div>}
    </details>
  );
}

/** Their rows have pickers and previews of their own. */
const IN_ROWS = new Set(["key_value", "mapping", "rules", "categories"]);

function SchemaField({ name, schema, value, onChange, errors }: FormProps & { name: string }) {
  const raw = schema.properties![name]!;
  const field = resolved(raw, schema);
  const Control = widgetOf(field);
  const help = useExpressionHelp();
  const isOne = field.expression && !IN_ROWS.has(field.widget ?? "");
  const current = value(name, raw);
  const changed = (next: unknown) => onChange(name, raw, next === "" && field.nullable ? null : next);
  return (
    <Field
      label={field.title ?? name}
      help={field.description}
      error={errors?.[name]}
      isBefore={Control === CheckboxWidget}
      action={
        help &&
        isOne && (
          <>
            <help.Picker />
            <help.Preview value={current} />
          </>
        )
      }
    >
      {(wiring) => (
        <Control
          wiring={wiring}
          field={field}
          root={schema}
          name={name}
          value={current}
          onChange={changed}
          siblings={value}
        />
      )}
    </Field>
  );
}
