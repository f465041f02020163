import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

export function Section({
  title,
  actions,
  className,
  children,
}: {
  title: string;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section className={cn("mb-4 min-w-0", className)}>
      <div className="mb-1.5 flex flex-wrap items-center gap-2">
        <h2 className="grow text-sm font-semibold">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
