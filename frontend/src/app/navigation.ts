/** The pages of the sidebar and the command palette. A feature that has a page adds its entry here. */
import { t } from "@lingui/core/macro";
import {
  Activity,
  Brain,
  CalendarClock,
  CircleUser,
  Inbox,
  KeyRound,
  Send,
  Settings,
  Workflow,
  Zap,
} from "lucide-react";
import type { ComponentType } from "react";

export interface Entry {
  to: string;
  label: () => string;
  icon: ComponentType<{ className?: string }>;
  adminOnly?: boolean;
}

export const NAVIGATION: Entry[] = [
  { to: "/", label: () => t`Workflows`, icon: Workflow },
  { to: "/executions", label: () => t`Executions`, icon: Activity },
  { to: "/tasks", label: () => t`Approvals`, icon: Inbox },
  { to: "/inbox", label: () => t`Trigger events`, icon: Zap },
  { to: "/deliveries", label: () => t`Deliveries`, icon: Send },
  { to: "/memories", label: () => t`Memories`, icon: Brain },
  { to: "/schedules", label: () => t`Schedules`, icon: CalendarClock },
  { to: "/credentials", label: () => t`Credentials`, icon: KeyRound },
  { to: "/users", label: () => t`Users`, icon: CircleUser, adminOnly: true },
  { to: "/settings", label: () => t`Settings`, icon: Settings },
];
