import { Switch as Radix } from "radix-ui";

interface Props {
  label: string;
  checked: boolean;
  disabled?: boolean;
  /** Why it is disabled, say; else the label. */
  title?: string;
  onChange: (checked: boolean) => void;
}

export function Switch({ label, checked, disabled, title = label, onChange }: Props) {
  return (
    <Radix.Root
      aria-label={label}
      title={title}
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChange}
      className="relative h-5 w-9 shrink-0 rounded-full border border-line-strong bg-hover transition-colors disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
    >
      <Radix.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-line-strong transition-transform data-[state=checked]:translate-x-[1.15rem] data-[state=checked]:bg-accent-ink" />
    </Radix.Root>
  );
}
