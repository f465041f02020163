import { t } from "@lingui/core/macro";
import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  Hourglass,
  LoaderCircle,
  MinusCircle,
} from "lucide-react";
import type { ComponentType } from "react";
import { Badge, type Tone } from "./misc";

interface Status {
  label: string;
  tone: Tone;
  icon: ComponentType<{ className?: string }>;
}

const statuses = (): Record<string, Status> => ({
  pending: { label: t`Queued`, tone: "neutral", icon: CircleDashed },
  running: { label: t`Running`, tone: "info", icon: LoaderCircle },
  waiting: { label: t`Waiting`, tone: "warn", icon: Hourglass },
  interrupted: { label: t`Needs a person`, tone: "warn", icon: CirclePause },
  completed: { label: t`Completed`, tone: "ok", icon: CircleCheck },
  success: { label: t`Success`, tone: "ok", icon: CircleCheck },
  failed: { label: t`Failed`, tone: "bad", icon: CircleAlert },
  cancelled: { label: t`Cancelled`, tone: "neutral", icon: Ban },
  sending: { label: t`Sending`, tone: "info", icon: LoaderCircle },
  sent: { label: t`Sent`, tone: "ok", icon: CircleCheck },
  skipped: { label: t`Skipped`, tone: "neutral", icon: MinusCircle },
});

/** What a status is called. */
export function statusWord(status: string): string {
  return statuses()[status]?.label ?? status;
}

/** How an execution or a step stands: by icon and word, not by colour alone. */
export function StatusBadge({ status }: { status: string }) {
  const {
    label,
    tone,
    icon: Icon,
  } = statuses()[status] ?? { label: status, tone: "neutral" as Tone, icon: CircleDashed };
  return (
    <Badge tone={tone}>
      <Icon className={`size-3.5 ${status === "running" ? "animate-spin" : ""}`} />
      {label}
    </Badge>
  );
}
