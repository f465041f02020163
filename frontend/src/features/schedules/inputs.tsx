/** Labelled inputs of the schedule's form. */
import type { ReactNode } from "react";
import { Field, Input, Select, type Wiring } from "@/components/ui/field";

interface OneProps {
  label: string;
  help?: ReactNode;
  error?: string;
  value: string;
  onChange: (value: string) => void;
}

export function Text({ value, onChange, ...rest }: OneProps) {
  return (
    <Field {...rest}>
      {(wiring) => (
        <Input {...wiring} maxLength={200} value={value} onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  );
}

export function Count({ value, min, onChange, ...rest }: OneProps & { min: number }) {
  return (
    <Field {...rest}>
      {(wiring) => <NumberInput wiring={wiring} value={value} min={min} onChange={onChange} />}
    </Field>
  );
}

interface NumberProps extends Pick<OneProps, "value" | "onChange"> {
  wiring: Wiring;
  min: number;
}

export function NumberInput({ wiring, value, min, onChange }: NumberProps) {
  return (
    <Input
      {...wiring}
      type="number"
      min={min}
      step={1}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: Record<T, string>;
  onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <Field label={label}>
      {(wiring) => (
        <Select {...wiring} value={value} onChange={(event) => onChange(event.target.value as T)}>
          {Object.entries<string>(choices).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
