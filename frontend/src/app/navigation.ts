/** The pages of the sidebar and the command palette. A feature that has a page adds its entry here. */
import {
  Activity,
  CalendarClock,
  CircleUser,
  Inbox,
  KeyRound,
  Mailbox,
  Send,
  Settings,
  Workflow,
} from "lucide-react";
import type { ComponentType } from "react";

export interface Entry {
  to: string;
  label: string;
  icon: ComponentType<{ className?: string }>;
  adminOnly?: boolean;
}

export const NAVIGATION: Entry[] = [
  { to: "/", label: "Workflows", icon: Workflow },
  { to: "/executions", label: "Executions", icon: Activity },
  { to: "/tasks", label: "Approvals", icon: Inbox },
  { to: "/inbox", label: "Inbox", icon: Mailbox },
  { to: "/deliveries", label: "Deliveries", icon: Send },
  { to: "/schedules", label: "Schedules", icon: CalendarClock },
  { to: "/credentials", label: "Credentials", icon: KeyRound },
  { to: "/users", label: "Users", icon: CircleUser, adminOnly: true },
  { to: "/settings", label: "Settings", icon: Settings },
];
