/** The rules of a switch, a filter or an assertion: one typed comparison each. */
import { t } from "@lingui/core/macro";
import { Input, Select } from "@/components/ui/field";
import { ExpressionField } from "./expression-field";
import { useExpressionHelp } from "./expression-help";
import { AddRow, RowButtons } from "./row-buttons";
import { EXPRESSION, comparand, named, operators, takes, valueFault, withOperator, type Rule } from "./rules";
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
          <legend className="sr-only">{t`Rule ${index + 1}`}</legend>
          <div className="flex items-center gap-1">
            <span className="text-xs text-muted">{index + 1}</span>
            {forks ? (
              <Input
                className="h-7"
                aria-label={t`Output of rule ${index + 1}`}
                placeholder={rule.id || t`name of this output`}
                maxLength={200}
                value={rule.label ?? ""}
                onChange={(event) => change(put(rules, index, { ...rule, label: event.target.value }))}
              />
            ) : (
              <span className="grow" />
            )}
            <RowButtons rows={rules} index={index} name={t`rule ${index + 1}`} onChange={change} />
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
        label={t`Add a rule`}
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
          aria-label={t`Field of rule ${number}`}
          aria-invalid={isExpression ? true : undefined}
          placeholder={inItems ? t`path in the item, such as user.age` : t`path, such as calc.output.n`}
          maxLength={500}
          value={rule.field ?? ""}
          onChange={(event) => onChange({ ...rule, field: event.target.value })}
        />
        {!inItems && help && <help.Picker bare compact />}
      </div>
      {isExpression && <p className="text-xs text-bad">{t`Write a path here, without the braces.`}</p>}
      <Select
        aria-label={t`Operator of rule ${number}`}
        value={rule.operator ?? "equals"}
        onChange={(event) => onChange(withOperator(rule, event.target.value))}
      >
        {operators().map(([group, list]) => (
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
            "aria-label": t`Value of rule ${number}`,
            "aria-describedby": fault ? `${id}-fault` : undefined,
            "aria-invalid": fault ? true : undefined,
          }}
          placeholder={placeholders()[kind]}
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

const placeholders = () => ({
  any: t`value or ${EXPRESSION}`,
  text: t`text or ${EXPRESSION}`,
  number: t`number or ${EXPRESSION}`,
  time: t`2026-01-31T12:00:00Z or ${EXPRESSION}`,
});
