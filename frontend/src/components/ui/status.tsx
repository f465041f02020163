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

const STATUSES: Record<string, { label: string; tone: Tone; icon: ComponentType<{ className?: string }> }> = {
  pending: { label: "Queued", tone: "neutral", icon: CircleDashed },
  running: { label: "Running", tone: "info", icon: LoaderCircle },
  waiting: { label: "Waiting", tone: "warn", icon: Hourglass },
  interrupted: { label: "Needs a person", tone: "warn", icon: CirclePause },
  completed: { label: "Completed", tone: "ok", icon: CircleCheck },
  success: { label: "Success", tone: "ok", icon: CircleCheck },
  failed: { label: "Failed", tone: "bad", icon: CircleAlert },
  cancelled: { label: "Cancelled", tone: "neutral", icon: Ban },
  skipped: { label: "Skipped", tone: "neutral", icon: MinusCircle },
};

/** How an execution or a step stands: by icon and word, not by colour alone. */
export function StatusBadge({ status }: { status: string }) {
  const {
    label,
    tone,
    icon: Icon,
  } = STATUSES[status] ?? { label: status, tone: "neutral" as Tone, icon: CircleDashed };
  return (
    <Badge tone={tone}>
      <Icon className={`size-3.5 ${status === "running" ? "animate-spin" : ""}`} />
      {label}
    </Badge>
  );
}
