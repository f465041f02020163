/** The controls of the form renderer, by widget hint. A hint that is not here falls back to the field's type; a feature
 * may add its own. */
import { t } from "@lingui/core/macro";
import { Trash2 } from "lucide-react";
import { IconButton } from "@/components/ui/button";
import type { Schema } from "@/api/types";
import { Checkbox, Input, Select, Textarea } from "@/components/ui/field";
import { CodeWidget, ExpressionWidget } from "./code-widget";
import { JsonWidget } from "./json-widget";
import { KeyValueWidget } from "./key-value-widget";
import { CategoriesWidget } from "./categories-widget";
import { CronWidget } from "./cron-widget";
import { JsonSchemaWidget } from "./json-schema-widget";
import { AddRow } from "./row-buttons";
import { RulesWidget } from "./rules-widget";
import { SecretWidget } from "./secret-widget";
import { ModelWidget, TimezoneWidget, WorkflowWidget } from "./server-widgets";
import { text, type Widget, type WidgetProps } from "./widget";

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

export function CheckboxWidget({ wiring, value, onChange }: WidgetProps) {
  return (
    <Checkbox {...wiring} checked={value === true} onChange={(event) => onChange(event.target.checked)} />
  );
}

function SelectWidget({ wiring, field, value, onChange }: WidgetProps) {
  const chosen = (name: string) => field.enum?.find((option) => String(option) === name) ?? name;
  return (
    <Select {...wiring} value={text(value)} onChange={(event) => onChange(chosen(event.target.value))}>
      {(field.nullable || value == null) && <option value="">–</option>}
      {field.enum?.map((option) => (
        <option key={String(option)} value={String(option)}>
          {field.words?.[String(option)] ?? String(option).replaceAll("_", " ")}
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
            aria-label={t`Item ${index + 1}`}
            value={item}
            onChange={(event) => put(index, event.target.value)}
          />
          <IconButton
            label={t`Remove`}
            onClick={() => onChange(items.filter((_, i) => i !== index).map(typed))}
          >
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

export const WIDGETS: Record<string, Widget> = {
  text: TextWidget,
  textarea: TextareaWidget,
  number: NumberWidget,
  checkbox: CheckboxWidget,
  select: SelectWidget,
  multiselect: MultiselectWidget,
  password: PasswordWidget,
  secret: SecretWidget,
  json: JsonWidget,
  json_schema: JsonSchemaWidget,
  json_or_text: JsonWidget,
  code: CodeWidget,
  template: CodeWidget,
  expression: CodeWidget,
  regex: TextWidget,
  cron: CronWidget,
  model: ModelWidget,
  workflow: WorkflowWidget,
  timezone: TimezoneWidget,
  list: ListWidget,
  users: ListWidget,
  nodes: ListWidget,
  tools: ListWidget,
  key_value: KeyValueWidget,
  mapping: KeyValueWidget,
  rules: RulesWidget,
  categories: CategoriesWidget,
};

/** The control of a field: by its hint, else by its type; with help for expressions where it may hold them. */
export function widgetOf(field: Schema): Widget {
  const found = plainWidget(field);
  if (!field.expression) return found;
  return found === TextareaWidget ? CodeWidget : found === TextWidget ? ExpressionWidget : found;
}

function plainWidget(field: Schema): Widget {
  const hinted = field.widget && WIDGETS[field.widget];
  if (hinted) return hinted;
  if (field.enum) return SelectWidget;
  if (field.type === "boolean") return CheckboxWidget;
  if (field.type === "integer" || field.type === "number") return NumberWidget;
  if (field.type === "string") return field.maxLength && field.maxLength > 2000 ? TextareaWidget : TextWidget;
  if (field.type === "array" && field.items?.type === "string") return ListWidget;
  return JsonWidget;
}
