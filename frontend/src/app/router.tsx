import { createRootRoute, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router";
import { hasSession } from "@/api/auth";
import { fetched } from "@/components/ui/fetched";
import { Loading } from "@/components/ui/misc";
import { Broken, Missing } from "./failures";

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing });

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Reads the address of a list: its filters by these names, and its page. */
function filters<Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>) =>
    ({
      ...Object.fromEntries(names.map((name) => [name, text(search[name])])),
      page: Number(search.page) || undefined,
    }) as { [name in Name]?: string } & { page?: number };
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
  validateSearch: filters("q", "tag", "active", "sort"),
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
  validateSearch: filters("status", "workflow", "trigger", "from", "to"),
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
  validateSearch: filters("status", "kind", "workflow"),
  component: fetched(async () => (await import("@/features/tasks/inbox")).TaskInbox),
});
const deliveries = createRoute({
  getParentRoute: () => inside,
  path: "/deliveries",
  validateSearch: filters("status", "channel", "kind", "workflow"),
  component: fetched(async () => (await import("@/features/deliveries/page")).DeliveriesPage),
});
const inbox = createRoute({
  getParentRoute: () => inside,
  path: "/inbox",
  validateSearch: filters("status", "workflow", "q", "from", "to"),
  component: fetched(async () => (await import("@/features/inbox/page")).InboxPage),
});
const memories = createRoute({
  getParentRoute: () => inside,
  path: "/memories",
  validateSearch: filters("q", "workflow", "channel"),
  component: fetched(async () => (await import("@/features/memories/page")).MemoriesPage),
});
const schedules = createRoute({
  getParentRoute: () => inside,
  path: "/schedules",
  validateSearch: filters("status", "workflow", "q"),
  component: fetched(async () => (await import("@/features/schedules/list")).ScheduleList),
});
const credentials = createRoute({
  getParentRoute: () => inside,
  path: "/credentials",
  validateSearch: filters("q", "kind"),
  component: fetched(async () => (await import("@/features/credentials/list")).CredentialList),
});
const users = createRoute({
  getParentRoute: () => inside,
  path: "/users",
  validateSearch: filters("q", "role"),
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
