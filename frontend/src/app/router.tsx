import { createRootRoute, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router";
import { hasSession } from "@/api/auth";
import { fetched } from "@/components/ui/fetched";
import { Loading } from "@/components/ui/misc";
import type { DeliverySearch } from "@/features/deliveries/page";
import type { InboxSearch } from "@/features/inbox/page";
import type { ConversationSearch } from "@/features/memories/queries";
import { Broken, Missing } from "./failures";

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing });

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

interface WorkflowSearch {
  q?: string;
  tag?: string;
  active?: string;
  sort?: string;
  page?: number;
}

interface ExecutionSearch {
  status?: string;
  workflow?: string;
  trigger?: string;
  from?: string;
  to?: string;
  page?: number;
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string } => ({ next: text(search.next) }),
  component: fetched(async () => (await import("@/features/auth/login")).Login),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: fetched(async () => (await import("@/features/auth/setup")).Setup),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: ({ location }) => {
    if (!hasSession()) throw redirect({ to: "/login", search: { next: location.href } });
  },
  component: fetched(async () => (await import("./shell")).Shell),
});

const dashboard = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: (search): WorkflowSearch => ({
    q: text(search.q),
    tag: text(search.tag),
    active: text(search.active),
    sort: text(search.sort),
    page: Number(search.page) || undefined,
  }),
  component: fetched(async () => (await import("@/features/workflows/dashboard")).Dashboard),
});
const editor = createRoute({
  getParentRoute: () => inside,
  path: "/workflows/$slug",
  component: fetched(async () => (await import("@/features/editor/page")).EditorPage),
});
const versions = createRoute({
  getParentRoute: () => inside,
  path: "/workflows/$slug/versions",
  validateSearch: (search): { from?: number; to?: string } => ({
    from: Number(search.from) || undefined,
    to: text(search.to),
  }),
  component: fetched(async () => (await import("@/features/versions/page")).VersionsPage),
});
const statistics = createRoute({
  getParentRoute: () => inside,
  path: "/workflows/$slug/statistics",
  validateSearch: (search): { days?: number } => ({ days: Number(search.days) || undefined }),
  component: fetched(async () => (await import("@/features/statistics/page")).StatisticsPage),
});
const executions = createRoute({
  getParentRoute: () => inside,
  path: "/executions",
  validateSearch: (search): ExecutionSearch => ({
    status: text(search.status),
    workflow: text(search.workflow),
    trigger: text(search.trigger),
    from: text(search.from),
    to: text(search.to),
    page: Number(search.page) || undefined,
  }),
  component: fetched(async () => (await import("@/features/executions/list")).ExecutionList),
});
const execution = createRoute({
  getParentRoute: () => inside,
  path: "/executions/$id",
  validateSearch: (search): { with?: string } => ({ with: text(search.with) }),
  component: fetched(async () => (await import("@/features/executions/detail")).ExecutionPage),
});
const tasks = createRoute({
  getParentRoute: () => inside,
  path: "/tasks",
  validateSearch: (search): { status?: string; kind?: string; workflow?: string; page?: number } => ({
    status: text(search.status),
    kind: text(search.kind),
    workflow: text(search.workflow),
    page: Number(search.page) || undefined,
  }),
  component: fetched(async () => (await import("@/features/tasks/inbox")).TaskInbox),
});
const deliveries = createRoute({
  getParentRoute: () => inside,
  path: "/deliveries",
  validateSearch: (search): DeliverySearch => ({
    status: text(search.status),
    channel: text(search.channel),
    kind: text(search.kind),
    workflow: text(search.workflow),
    page: Number(search.page) || undefined,
  }),
  component: fetched(async () => (await import("@/features/deliveries/page")).DeliveriesPage),
});
const inbox = createRoute({
  getParentRoute: () => inside,
  path: "/inbox",
  validateSearch: (search): InboxSearch => ({
    status: text(search.status),
    workflow: text(search.workflow),
    q: text(search.q),
    from: text(search.from),
    to: text(search.to),
    page: Number(search.page) || undefined,
  }),
  component: fetched(async () => (await import("@/features/inbox/page")).InboxPage),
});
const memories = createRoute({
  getParentRoute: () => inside,
  path: "/memories",
  validateSearch: (search): ConversationSearch => ({
    q: text(search.q),
    workflow: text(search.workflow),
    channel: text(search.channel),
    page: Number(search.page) || undefined,
  }),
  component: fetched(async () => (await import("@/features/memories/page")).MemoriesPage),
});
const schedules = createRoute({
  getParentRoute: () => inside,
  path: "/schedules",
  component: fetched(async () => (await import("@/features/schedules/list")).ScheduleList),
});
const credentials = createRoute({
  getParentRoute: () => inside,
  path: "/credentials",
  component: fetched(async () => (await import("@/features/credentials/list")).CredentialList),
});
const users = createRoute({
  getParentRoute: () => inside,
  path: "/users",
  component: fetched(async () => (await import("@/features/users/list")).UserList),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: fetched(async () => (await import("@/features/settings/page")).SettingsPage),
});

const pages = [
  dashboard,
  editor,
  versions,
  statistics,
  executions,
  execution,
  tasks,
  deliveries,
  inbox,
  memories,
  schedules,
  credentials,
  users,
  settings,
];

export const router = createRouter({
  routeTree: root.addChildren([login, setup, inside.addChildren(pages)]),
  defaultPreload: "intent",
  defaultErrorComponent: Broken,
  defaultPendingComponent: () => <Loading />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
