import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { ExecutionDetail } from "@/api/types";
import { Failure, Loading } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/format";
import { useExecution } from "./queries";
import { Steps } from "./steps";

/** An execution that was called by another; it opens in place, and so do those that it called. */
export function Child({ child }: { child: ExecutionDetail["children"][number] }) {
  const [open, setOpen] = useState(false);
  return (
    <li className="border-b border-line last:border-0">
      <div className="flex items-center gap-2 py-1.5">
        <button
          type="button"
          aria-expanded={open}
          aria-label={t`Steps of ${child.workflow_slug}`}
          className="rounded p-0.5 hover:bg-hover"
          onClick={() => setOpen(!open)}
        >
          <ChevronRight className={cn("size-4 text-muted transition-transform", open && "rotate-90")} />
        </button>
        <StatusBadge status={child.status} />
        <Link
          to="/executions/$id"
          params={{ id: child.execution_id }}
          className="min-w-0 grow truncate text-accent hover:underline"
        >
          {child.workflow_slug}
        </Link>
        {child.parent_node_id && (
          <span className="hidden text-xs text-muted sm:inline">{t`by ${child.parent_node_id}`}</span>
        )}
        <span className="text-xs text-muted tabular-nums">{duration(child.duration_ms)}</span>
      </div>
      {open && <Opened id={child.execution_id} />}
    </li>
  );
}

function Opened({ id }: { id: string }) {
  const { data, error, refetch } = useExecution(id);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading label={t`Reading its steps`} />;
  return (
    <div className="mb-2 border-l-2 border-accent/40 pl-3">
      {data.error_message && <p className="mb-2 text-bad">{data.error_message}</p>}
      <Steps execution={data} />
    </div>
  );
}
