import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { hasSession } from "@/api/auth";
import { Loading } from "@/components/ui/misc";
import { Broken, Missing } from "./failures";

const root = createRootRoute({ component: Outlet, notFoundComponent: Missing });

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string } => ({ next: text(search.next) }),
  component: lazyRouteComponent(() => import("@/features/auth/login"), "Login"),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("@/features/auth/setup"), "Setup"),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: ({ location }) => {
    if (!hasSession()) throw redirect({ to: "/login", search: { next: location.href } });
  },
  component: lazyRouteComponent(() => import("./shell"), "Shell"),
});

const dashboard = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: (search): { q?: string; tag?: string } => ({ q: text(search.q), tag: text(search.tag) }),
  component: lazyRouteComponent(() => import("@/features/workflows/dashboard"), "Dashboard"),
});
const editor = createRoute({
  getParentRoute: () => inside,
  path: "/workflows/$slug",
  component: lazyRouteComponent(() => import("@/features/editor/page"), "EditorPage"),
});
const executions = createRoute({
  getParentRoute: () => inside,
  path: "/executions",
  validateSearch: (search): { status?: string; workflow?: string; page?: number } => ({
    status: text(search.status),
    workflow: text(search.workflow),
    page: Number(search.page) || undefined,
  }),
  component: lazyRouteComponent(() => import("@/features/executions/list"), "ExecutionList"),
});
const execution = createRoute({
  getParentRoute: () => inside,
  path: "/executions/$id",
  component: lazyRouteComponent(() => import("@/features/executions/detail"), "ExecutionPage"),
});
const tasks = createRoute({
  getParentRoute: () => inside,
  path: "/tasks",
  component: lazyRouteComponent(() => import("@/features/tasks/inbox"), "TaskInbox"),
});
const schedules = createRoute({
  getParentRoute: () => inside,
  path: "/schedules",
  component: lazyRouteComponent(() => import("@/features/schedules/list"), "ScheduleList"),
});
const credentials = createRoute({
  getParentRoute: () => inside,
  path: "/credentials",
  component: lazyRouteComponent(() => import("@/features/credentials/list"), "CredentialList"),
});
const users = createRoute({
  getParentRoute: () => inside,
  path: "/users",
  component: lazyRouteComponent(() => import("@/features/users/list"), "UserList"),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/page"), "SettingsPage"),
});

const pages = [dashboard, editor, executions, execution, tasks, schedules, credentials, users, settings];

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
