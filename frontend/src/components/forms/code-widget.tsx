import { t } from "@lingui/core/macro";
import { CodeField } from "./code-field";
import { useNames } from "./expression-help";
import { text, type WidgetProps } from "./widget";

/** Several lines of code, a template or an expression; the field named `code` is Python. */
export function CodeWidget({ wiring, field, name, value, onChange }: WidgetProps) {
  const names = useNames(field);
  const isPython = field.widget === "code" && name === "code";
  const help = `${wiring.id}-keys`;
  const described = [wiring["aria-describedby"], help].filter(Boolean).join(" ");
  return (
    <>
      <CodeField
        wiring={isPython ? { ...wiring, "aria-describedby": described } : wiring}
        language={isPython ? "python" : field.widget === "code" ? "text" : "template"}
        names={names}
        value={text(value)}
        onChange={onChange}
        className={isPython ? "code-tall" : "code-some"}
      />
      {isPython && (
        <p id={help} className="text-xs text-muted">
          {t`Tab indents. Escape, then Tab, leaves the editor.`}
        </p>
      )}
    </>
  );
}

/** One line that may hold an expression. */
export function ExpressionWidget({ wiring, field, value, onChange }: WidgetProps) {
  const names = useNames(field);
  return (
    <CodeField
      wiring={wiring}
      language="template"
      singleLine
      names={names}
      value={text(value)}
      onChange={onChange}
    />
  );
}
