import type { Wiring } from "@/components/ui/field";
import { CodeField } from "./code-field";
import { useExpressionHelp } from "./expression-help";

interface Props {
  wiring: Wiring & { "aria-label"?: string };
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
}

/** One line that may hold an expression, in a row of others: with its own picker and preview. */
export function ExpressionField(props: Props) {
  const help = useExpressionHelp();
  return (
    <div data-field className="flex min-w-0 grow flex-wrap items-center gap-x-1">
      <div className="min-w-0 grow basis-24">
        <CodeField {...props} language="template" singleLine names={help?.names} />
      </div>
      {help && <help.Picker compact />}
      {help && <help.Preview value={props.value} />}
    </div>
  );
}
