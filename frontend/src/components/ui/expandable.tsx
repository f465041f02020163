import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import { cn } from "@/lib/cn";

interface Props {
  /** Before the line, such as a checkbox. */
  before?: ReactNode;
  summary: ReactNode;
  /** After the line, such as buttons. */
  after?: ReactNode;
  /** Drawn only while it is open. */
  children: ReactNode;
}

/** A line of a list that opens to show more. */
export function Expandable({ before, summary, after, children }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <li className="border-b border-line last:border-0">
      <div className="flex items-center gap-2 px-3 hover:bg-hover/50">
        {before}
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex min-w-0 grow items-center gap-2 py-2 text-left"
        >
          <ChevronRight
            className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")}
          />
          <span className="flex min-w-0 grow flex-wrap items-center gap-x-3 gap-y-1">{summary}</span>
        </button>
        {after}
      </div>
      {open && <div className="px-3 pb-3">{children}</div>}
    </li>
  );
}
