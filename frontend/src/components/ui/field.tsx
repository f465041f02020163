import { t } from "@lingui/core/macro";
import { useId, type ComponentProps, type ReactNode } from "react";
import { cn } from "@/lib/cn";

const box =
  "w-full rounded-md border border-line bg-panel px-2.5 text-sm placeholder:text-muted/70 hover:border-line-strong aria-invalid:border-bad disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(box, "h-8", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cn(box, "min-h-20 py-1.5 leading-snug", className)} {...rest} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cn(box, "h-8 pr-7", className)} {...rest} />;
}

export function Checkbox({ className, ...rest }: Omit<ComponentProps<"input">, "type">) {
  return <input type="checkbox" className={cn("size-4 shrink-0 accent-accent", className)} {...rest} />;
}

export interface Wiring {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

interface Props {
  label: ReactNode;
  help?: ReactNode;
  error?: string;
  optional?: boolean;
  className?: string;
  /** Beside the label, at its end. */
  action?: ReactNode;
  /** The control stands before its label, as a box to tick does. */
  isBefore?: boolean;
  children: (wiring: Wiring) => ReactNode;
}

/** A labelled control with its help and its error, wired for screen readers. */
export function Field({ label, help, error, optional, className, action, isBefore, children }: Props) {
  const id = useId();
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  const control = children({
    id,
    "aria-describedby": described || undefined,
    "aria-invalid": error ? true : undefined,
  });
  return (
    <div data-field className={cn("flex flex-col gap-1", className)}>
      <div className={cn("flex flex-wrap items-center gap-x-2", !isBefore && "justify-between")}>
        {isBefore && control}
        <label id={`${id}-label`} htmlFor={id} className="text-sm font-medium">
          {label}
          {optional && <span className="ml-1 font-normal text-muted">{t`optional`}</span>}
        </label>
        {action}
      </div>
      {!isBefore && control}
      {error && (
        <p id={`${id}-error`} className="text-xs text-bad">
          {error}
        </p>
      )}
      {help && (
        <p id={`${id}-help`} className="text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}
