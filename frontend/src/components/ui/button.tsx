import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { Spinner } from "./misc";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:cursor-default disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-ink hover:brightness-110",
        secondary: "border border-line bg-panel hover:bg-hover",
        ghost: "hover:bg-hover",
        danger: "border border-line bg-panel text-bad hover:bg-hover",
      },
      size: { md: "h-8 px-3 text-sm", sm: "h-7 px-2 text-xs", icon: "size-8", "icon-sm": "size-7" },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type Props = ComponentProps<"button"> & VariantProps<typeof look> & { busy?: boolean };

export function Button({
  variant,
  size,
  busy,
  className,
  children,
  disabled,
  type = "button",
  ...rest
}: Props) {
  return (
    <button
      // oxlint-disable-next-line react/button-has-type -- it has a default
      type={type}
      className={cn(look({ variant, size }), className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy && <Spinner />}
      {children}
    </button>
  );
}

/** A button that is only an icon; `label` is read out and shown as a tip. */
export function IconButton({ label, ...rest }: Omit<Props, "aria-label" | "title"> & { label: string }) {
  return <Button variant="ghost" size="icon" aria-label={label} title={label} {...rest} />;
}
