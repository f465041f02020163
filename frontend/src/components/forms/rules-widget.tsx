/** The rules of a switch, a filter or an assertion: one typed comparison each. */
import { Input, Select } from "@/components/ui/field";
import { ExpressionField } from "./expression-field";
import { useExpressionHelp } from "./expression-help";
import { AddRow, RowButtons } from "./row-buttons";
import { OPERATORS, comparand, named, takes, valueFault, withOperator, type Rule } from "./rules";
import { text, type WidgetProps } from "./widget";

export function RulesWidget({ wiring, root, value, onChange }: WidgetProps) {
  const rules = Array.isArray(value) ? (value as Rule[]) : [];
  // a switch has a way out per rule; a filter looks into each item
  const forks = "enable_fallback" in (root.properties ?? {});
  const inItems = "source_node" in (root.properties ?? {});
  const change = (next: Rule[]) => onChange(forks ? named(next) : next);
  return (
    <div data-rows role="group" aria-labelledby={`${wiring.id}-label`} className="flex flex-col gap-2">
      {rules.map((rule, index) => (
        <fieldset
          // oxlint-disable-next-line react/no-array-index-key -- ids may be missing
          key={index}
          className="flex flex-col gap-1.5 rounded-md border border-line p-2"
        >
          <legend className="sr-only">Rule {index + 1}</legend>
          <div className="flex items-center gap-1">
            <span className="text-xs text-muted">{index + 1}</span>
            {forks ? (
              <Input
                className="h-7"
                aria-label={`Output of rule ${index + 1}`}
                placeholder={rule.id || "name of this output"}
                maxLength={200}
                value={rule.label ?? ""}
                onChange={(event) => change(put(rules, index, { ...rule, label: event.target.value }))}
              />
            ) : (
              <span className="grow" />
            )}
            <RowButtons rows={rules} index={index} name={`rule ${index + 1}`} onChange={change} />
          </div>
          <Comparison
            id={`${wiring.id}-${index}`}
            number={index + 1}
            rule={rule}
            inItems={inItems}
            onChange={(next) => change(put(rules, index, next))}
          />
        </fieldset>
      ))}
      <AddRow
        label="Add a rule"
        onAdd={() => change([...rules, { field: "", operator: "equals", value: "" }])}
      />
    </div>
  );
}

const put = (rules: Rule[], index: number, rule: Rule) => rules.map((one, i) => (i === index ? rule : one));

interface Props {
  id: string;
  number: number;
  rule: Rule;
  inItems: boolean;
  onChange: (rule: Rule) => void;
}

function Comparison({ id, number, rule, inItems, onChange }: Props) {
  const help = useExpressionHelp();
  const kind = takes(rule.operator);
  const fault = valueFault(rule.operator, rule.value);
  const isExpression = rule.field?.includes("{{");
  return (
    <>
      <div data-field className="flex items-center gap-1">
        <Input
          id={`${id}-field`}
          className="min-w-0 grow font-mono text-xs"
          aria-label={`Field of rule ${number}`}
          aria-invalid={isExpression ? true : undefined}
          placeholder={inItems ? "path in the item, such as user.age" : "path, such as calc.output.n"}
          maxLength={500}
          value={rule.field ?? ""}
          onChange={(event) => onChange({ ...rule, field: event.target.value })}
        />
        {!inItems && help && <help.Picker bare compact />}
      </div>
      {isExpression && <p className="text-xs text-bad">Write a path here, without the braces.</p>}
      <Select
        aria-label={`Operator of rule ${number}`}
        value={rule.operator ?? "equals"}
        onChange={(event) => onChange(withOperator(rule, event.target.value))}
      >
        {OPERATORS.map(([group, list]) => (
          <optgroup key={group} label={group}>
            {list.map((one) => (
              <option key={one.name} value={one.name}>
                {one.label}
              </option>
            ))}
          </optgroup>
        ))}
      </Select>
      {kind !== "nothing" && (
        <ExpressionField
          wiring={{
            id: `${id}-value`,
            "aria-label": `Value of rule ${number}`,
            "aria-describedby": fault ? `${id}-fault` : undefined,
            "aria-invalid": fault ? true : undefined,
          }}
          placeholder={PLACEHOLDERS[kind]}
          value={text(rule.value)}
          onChange={(typed) => onChange({ ...rule, value: comparand(rule.operator, typed) })}
        />
      )}
      {fault && (
        <p id={`${id}-fault`} className="text-xs text-bad">
          {fault}
        </p>
      )}
    </>
  );
}

const PLACEHOLDERS = {
  any: "value or {{ expression }}",
  text: "text or {{ expression }}",
  number: "number or {{ expression }}",
  time: "2026-01-31T12:00:00Z or {{ expression }}",
};
