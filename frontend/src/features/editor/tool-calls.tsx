import { Wrench } from "lucide-react";
import { statusWord } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { useCalled } from "./called";
import type { ToolCall } from "./runs";

/** The same of a past run. */
export function PastToolCalls({ executionId }: { executionId: string }) {
  return <ToolCalls calls={useCalled(executionId)} />;
}

/** What the agent called, with what, and what came of it. */
export function ToolCalls({ calls = [] }: { calls?: ToolCall[] }) {
  return calls.map((call) => (
    <p
      key={call.key}
      title={typeof call.result === "string" ? call.result : undefined}
      className={cn("flex gap-1.5 text-xs text-muted", call.status === "failed" && "text-bad")}
    >
      <Wrench className="mt-0.5 size-3.5 shrink-0" />
      <span className="min-w-0 truncate">
        {call.name} {JSON.stringify(call.arguments)} {statusWord(call.status)}
      </span>
    </p>
  ));
}
