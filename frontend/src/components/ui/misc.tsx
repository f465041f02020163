import { t } from "@lingui/core/macro";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";
import { ago, moment, until } from "@/lib/format";
import { useZone } from "@/lib/zone";

export function Spinner({ className }: { className?: string }) {
  return (
    <span
      className={cn(
        "size-4 animate-spin rounded-full border-2 border-current border-r-transparent",
        className,
      )}
      aria-hidden="true"
    />
  );
}

/** What stands where a page or a panel is still loading. */
export function Loading({ label = t`Loading` }: { label?: string }) {
  return (
    <output className="flex items-center justify-center gap-2 p-8 text-muted">
      <Spinner /> {label}…
    </output>
  );
}

const TONES = {
  neutral: "bg-hover text-muted",
  accent: "bg-accent-soft text-accent",
  ok: "bg-ok/10 text-ok",
  warn: "bg-warn/12 text-warn",
  bad: "bg-bad/10 text-bad",
  info: "bg-info/10 text-info",
};
export type Tone = keyof typeof TONES;

export function Badge({ tone = "neutral", className, ...rest }: ComponentProps<"span"> & { tone?: Tone }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap",
        TONES[tone],
        className,
      )}
      {...rest}
    />
  );
}

export function Card({ className, ...rest }: ComponentProps<"div">) {
  return <div className={cn("rounded-lg border border-line bg-panel", className)} {...rest} />;
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="min-w-5 rounded border border-line bg-hover px-1 text-center font-mono text-[11px] text-muted">
      {children}
    </kbd>
  );
}

interface WhenProps {
  at: string | null | undefined;
  /** It is still to come, though the time may be over. */
  isDue?: boolean;
  className?: string;
}

/** When something was or will be, relative to now; the exact time on hover. */
export function When({ at, isDue, className }: WhenProps) {
  const zone = useZone();
  if (!at) return null;
  return (
    <time dateTime={at} title={`${moment(at, zone)}, ${zone}`} className={className}>
      {isDue ? until(at) : ago(at)}
    </time>
  );
}

/** Nothing is here yet: what this is for, and how to begin. */
export function Empty({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      {icon && <div className="mb-1 text-muted [&_svg]:size-8">{icon}</div>}
      <h2 className="text-base font-semibold">{title}</h2>
      <div className="max-w-md text-muted">{children}</div>
    </div>
  );
}

/** What went wrong, and a way to try again. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div
      role="alert"
      className="m-4 flex flex-wrap items-center gap-3 rounded-md border border-bad/40 bg-bad/5 p-3"
    >
      <p className="grow text-bad">{error.message}</p>
      {retry && (
        <button type="button" className="font-medium text-accent underline" onClick={retry}>
          {t`Try again`}
        </button>
      )}
    </div>
  );
}

/** A part of what is opened, below a small title. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}

export function Code({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <pre
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      className={cn(
        "max-h-80 overflow-auto rounded-md border border-line bg-ground p-2 font-mono text-xs whitespace-pre-wrap",
        className,
      )}
    >
      {children}
    </pre>
  );
}
