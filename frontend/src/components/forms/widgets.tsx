/** The controls of the form renderer, by widget hint. A hint that is not here falls back to the field's type; a feature
 * may add its own. */
import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useEffect, useId, useState, type ComponentType } from "react";
import { get } from "@/api/client";
import type { Credential, Page, Schema, Workflow } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Checkbox, Input, Select, Textarea, type Wiring } from "@/components/ui/field";
import { TimezoneInput } from "@/components/ui/timezone";

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

const text = (value: unknown) =>
  value == null ? "" : typeof value === "string" ? value : JSON.stringify(value);

function TextWidget({ wiring, field, value, onChange }: WidgetProps) {
  return (
    <Input
      {...wiring}
      maxLength={field.maxLength}
      value={text(value)}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function PasswordWidget({ wiring, value, onChange }: WidgetProps) {
  return (
    <Input
      {...wiring}
      type="password"
      autoComplete="off"
      value={text(value)}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function TextareaWidget({ wiring, value, onChange }: WidgetProps) {
  return <Textarea {...wiring} value={text(value)} onChange={(event) => onChange(event.target.value)} />;
}

function CodeWidget({ wiring, name, value, onChange }: WidgetProps) {
  return (
    <Textarea
      {...wiring}
      spellCheck={false}
      className={name === "code" ? "min-h-64 font-mono text-xs" : "font-mono text-xs"}
      value={text(value)}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "Tab" || event.shiftKey || name !== "code") return;
        event.preventDefault();
        const { selectionStart, selectionEnd, value: all } = event.currentTarget;
        event.currentTarget.setRangeText("    ", selectionStart, selectionEnd, "end");
        onChange(event.currentTarget.value || all);
      }}
    />
  );
}

function NumberWidget({ wiring, field, value, onChange }: WidgetProps) {
  return (
    <Input
      {...wiring}
      type="number"
      min={field.minimum}
      max={field.maximum}
      step={field.type === "integer" ? 1 : "any"}
      value={value == null ? "" : String(value)}
      onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))}
    />
  );
}

function CheckboxWidget({ wiring, value, onChange }: WidgetProps) {
  return (
    <Checkbox {...wiring} checked={value === true} onChange={(event) => onChange(event.target.checked)} />
  );
}

function SelectWidget({ wiring, field, value, onChange }: WidgetProps) {
  return (
    <Select {...wiring} value={text(value)} onChange={(event) => onChange(event.target.value)}>
      {field.nullable && <option value="">–</option>}
      {field.enum?.map((option) => (
        <option key={String(option)} value={String(option)}>
          {String(option).replaceAll("_", " ")}
        </option>
      ))}
    </Select>
  );
}

function MultiselectWidget({ wiring, field, root, value, onChange }: WidgetProps) {
  const item = field.items?.$ref ? root.$defs?.[field.items.$ref.split("/").pop()!] : field.items;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  return (
    <div role="group" id={wiring.id} className="flex flex-wrap gap-x-4 gap-y-1">
      {item?.enum?.map((option) => {
        const name = String(option);
        const toggled = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name];
        return (
          <label key={name} className="flex items-center gap-1.5">
            <Checkbox checked={chosen.includes(name)} onChange={() => onChange(toggled)} /> {name}
          </label>
        );
      })}
    </div>
  );
}

/** JSON that is written: kept as text until it is valid. */
function JsonWidget({ wiring, value, onChange, field }: WidgetProps) {
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
      else setFault(`No valid JSON yet: ${(error as Error).message}`);
    }
  };
  return (
    <>
      <Textarea
        {...wiring}
        spellCheck={false}
        className="font-mono text-xs"
        value={draft}
        aria-invalid={fault ? true : wiring["aria-invalid"]}
        onChange={(event) => changed(event.target.value)}
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

function CredentialWidget({ wiring, field, value, onChange }: WidgetProps) {
  const { data } = useQuery({
    queryKey: ["credentials", { limit: 200 }],
    queryFn: () => get<Page<Credential>>("credentials/", { limit: 200 }),
  });
  const wanted = field.widget === "llm_credential" ? "llm" : null;
  const found = data?.items.filter((one) => !wanted || one.credential_type === wanted) ?? [];
  return (
    <Select
      {...wiring}
      value={text(value)}
      onChange={(event) => onChange(Number(event.target.value) || null)}
    >
      <option value="">
        {data && !found.length ? "None yet: add one under Credentials" : "Choose a credential"}
      </option>
      {found.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </Select>
  );
}

/** A model's name: written, or chosen among those that the provider offers. */
function ModelWidget({ wiring, value, onChange, siblings, root }: WidgetProps) {
  const list = useId();
  const credential = siblings("llm_credential_id", root.properties?.llm_credential_id ?? {});
  const { data, error } = useQuery({
    queryKey: ["models", credential],
    queryFn: () => get<Page<{ id: string }>>(`credentials/${credential}/models/`),
    enabled: typeof credential === "number",
    staleTime: 300_000,
    retry: false,
  });
  return (
    <>
      <Input {...wiring} list={list} value={text(value)} onChange={(event) => onChange(event.target.value)} />
      <datalist id={list}>
        {data?.items.map((model) => (
          <option key={model.id} value={model.id} />
        ))}
      </datalist>
      {error && <p className="text-xs text-warn">The models cannot be listed: {error.message}</p>}
    </>
  );
}

function WorkflowWidget({ wiring, value, onChange }: WidgetProps) {
  const { data } = useQuery({
    queryKey: ["workflows", { limit: 200 }],
    queryFn: () => get<Page<Workflow>>("workflows/", { limit: 200 }),
  });
  return (
    <Select {...wiring} value={text(value)} onChange={(event) => onChange(event.target.value)}>
      <option value="">Choose a workflow</option>
      {data?.items.map((workflow) => (
        <option key={workflow.slug} value={workflow.slug}>
          {workflow.name}
        </option>
      ))}
    </Select>
  );
}

function TimezoneWidget({ wiring, value, onChange }: WidgetProps) {
  return <TimezoneInput {...wiring} value={text(value)} onChange={(event) => onChange(event.target.value)} />;
}

/** One text per line of its own. */
function ListWidget({ wiring, value, onChange, field }: WidgetProps) {
  const items = Array.isArray(value) ? value.map(text) : [];
  const typed = (one: string) => (field.items?.type === "integer" ? Number(one) || 0 : one);
  const put = (index: number, next: string) =>
    onChange(items.map((one, i) => typed(i === index ? next : one)));
  return (
    <div className="flex flex-col gap-1.5">
      {items.map((item, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
        <div key={index} className="flex gap-1">
          <Input
            id={index === 0 ? wiring.id : undefined}
            aria-label={`Item ${index + 1}`}
            value={item}
            onChange={(event) => put(index, event.target.value)}
          />
          <IconButton label="Remove" onClick={() => onChange(items.filter((_, i) => i !== index).map(typed))}>
            <Trash2 />
          </IconButton>
        </div>
      ))}
      <AddRow
        id={items.length ? undefined : wiring.id}
        onAdd={() => onChange([...items.map(typed), typed("")])}
      />
    </div>
  );
}

function AddRow({ onAdd, id, label = "Add" }: { onAdd: () => void; id?: string; label?: string }) {
  return (
    <Button id={id} size="sm" className="self-start" onClick={onAdd}>
      <Plus /> {label}
    </Button>
  );
}

/** An object of names and texts; the order of the rows stays while a name is written. */
function KeyValueWidget({ wiring, value, onChange }: WidgetProps) {
  const given = value && typeof value === "object" ? Object.entries(value as Record<string, unknown>) : [];
  const [rows, setRows] = useState<[string, string][]>(() => given.map(([key, one]) => [key, text(one)]));
  const stored = JSON.stringify(given.map(([key, one]) => [key, text(one)]));
  useEffect(() => {
    setRows((before) => {
      const full = before.filter(([key]) => key !== "");
      return JSON.stringify(Object.entries(Object.fromEntries(full))) === stored
        ? before
        : JSON.parse(stored);
    });
  }, [stored]);
  const change = (next: [string, string][]) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([key]) => key !== "")));
  };
  const put = (index: number, row: [string, string]) =>
    change(rows.map((one, i) => (i === index ? row : one)));
  return (
    <div className="flex flex-col gap-1.5">
      {rows.map(([key, one], index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
        <div key={index} className="flex gap-1">
          <Input
            id={index === 0 ? wiring.id : undefined}
            className="w-2/5 font-mono text-xs"
            placeholder="name"
            aria-label={`Name ${index + 1}`}
            value={key}
            onChange={(event) => put(index, [event.target.value, one])}
          />
          <Input
            className="font-mono text-xs"
            placeholder="value or {{ expression }}"
            aria-label={`Value ${index + 1}`}
            value={one}
            onChange={(event) => put(index, [key, event.target.value])}
          />
          <IconButton label="Remove" onClick={() => change(rows.filter((_, i) => i !== index))}>
            <Trash2 />
          </IconButton>
        </div>
      ))}
      <AddRow id={rows.length ? undefined : wiring.id} onAdd={() => setRows([...rows, ["", ""]])} />
    </div>
  );
}

/** A list of objects whose fields the schema names: rules, categories, fallbacks. */
function RowsWidget({ wiring, field, root, value, onChange, siblings }: WidgetProps) {
  const item = field.items?.$ref ? root.$defs?.[field.items.$ref.split("/").pop()!] : field.items;
  const rows = Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
  const names = Object.keys(item?.properties ?? {});
  const put = (index: number, name: string, next: unknown) =>
    onChange(rows.map((row, i) => (i === index ? { ...row, [name]: next } : row)));
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
        <fieldset key={index} className="rounded-md border border-line p-2">
          <legend className="flex items-center gap-1 px-1 text-xs text-muted">
            {index + 1}
            <IconButton
              label={`Remove ${index + 1}`}
              size="icon-sm"
              onClick={() => onChange(rows.filter((_, i) => i !== index))}
            >
              <Trash2 />
            </IconButton>
          </legend>
          <div className="grid grid-cols-2 gap-2">
            {names.map((name) => {
              const part = plain(item!.properties![name]!);
              const Control = part.widget
                ? (WIDGETS[part.widget] ?? TextWidget)
                : part.enum
                  ? SelectWidget
                  : TextWidget;
              const id = `${wiring.id}-${index}-${name}`;
              return (
                <label key={name} htmlFor={id} className="flex flex-col gap-0.5 text-xs text-muted">
                  {part.title ?? name}
                  <Control
                    wiring={{ id }}
                    field={part}
                    root={root}
                    name={name}
                    value={row[name] ?? part.default}
                    onChange={(next) => put(index, name, next)}
                    siblings={siblings}
                  />
                </label>
              );
            })}
          </div>
        </fieldset>
      ))}
      <AddRow id={wiring.id} onAdd={() => onChange([...rows, fresh(item, rows)])} />
    </div>
  );
}

function plain(field: Schema): Schema & { nullable?: boolean } {
  const rest = field.anyOf?.filter((one) => one.type !== "null");
  return rest?.length === 1 ? { ...rest[0], ...field, anyOf: undefined, nullable: true } : field;
}

function fresh(item: Schema | undefined, rows: Record<string, unknown>[]): Record<string, unknown> {
  if (!item?.properties || !("id" in item.properties)) return {};
  const taken = new Set(rows.map((row) => row.id));
  let number = rows.length + 1;
  while (taken.has(`rule_${number}`)) number += 1;
  return { id: `rule_${number}` };
}

export const WIDGETS: Record<string, Widget> = {
  text: TextWidget,
  textarea: TextareaWidget,
  number: NumberWidget,
  checkbox: CheckboxWidget,
  select: SelectWidget,
  multiselect: MultiselectWidget,
  password: PasswordWidget,
  json: JsonWidget,
  json_schema: JsonWidget,
  json_or_text: JsonWidget,
  code: CodeWidget,
  template: CodeWidget,
  expression: CodeWidget,
  regex: TextWidget,
  cron: TextWidget,
  credential: CredentialWidget,
  llm_credential: CredentialWidget,
  model: ModelWidget,
  workflow: WorkflowWidget,
  timezone: TimezoneWidget,
  list: ListWidget,
  users: ListWidget,
  nodes: ListWidget,
  tools: ListWidget,
  key_value: KeyValueWidget,
  mapping: KeyValueWidget,
  rules: RowsWidget,
  categories: RowsWidget,
};
