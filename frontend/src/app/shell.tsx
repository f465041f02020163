import { t } from "@lingui/core/macro";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import {
  ChevronsLeft,
  ChevronsRight,
  Keyboard,
  LogOut,
  Menu as MenuIcon,
  Monitor,
  Moon,
  Sun,
} from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { useConnection } from "@/lib/live";
import { useShortcuts, written } from "@/lib/shortcuts";
import { chooseTheme, chosenTheme, type Theme } from "@/lib/theme";
import { OpenTasks } from "@/features/tasks/open-tasks";
import { CommandPalette } from "./command-palette";
import { NAVIGATION } from "./navigation";
import { signOut, useMe, useOwnZone } from "./session";
import { ShortcutSheet } from "./shortcut-sheet";

const COLLAPSED = "pipelit.sidebar";

export function Shell() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem(COLLAPSED) === "1");
  useOwnZone();
  useShortcuts({ palette: () => setPalette(true), help: () => setHelp(true) });
  const toggle = () => {
    localStorage.setItem(COLLAPSED, collapsed ? "0" : "1");
    setCollapsed(!collapsed);
  };
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-panel focus:p-2"
      >
        {t`Skip to the page`}
      </a>
      <header className="flex items-center gap-2 border-b border-line bg-panel p-2 md:hidden">
        <IconButton label={t`Menu`} aria-expanded={drawer} onClick={() => setDrawer(!drawer)}>
          <MenuIcon />
        </IconButton>
        <Brand />
      </header>
      <aside
        className={cn(
          "shrink-0 flex-col border-line bg-panel md:flex md:border-r",
          drawer ? "flex border-b" : "hidden",
          collapsed ? "md:w-14" : "md:w-52",
        )}
      >
        <div className="hidden items-center p-3 md:flex">{collapsed ? <Mark /> : <Brand />}</div>
        <Navigation collapsed={collapsed} onNavigate={() => setDrawer(false)} />
        <div className={cn("mt-auto flex items-center gap-1 p-2", collapsed && "md:flex-col")}>
          <UserMenu collapsed={collapsed} onHelp={() => setHelp(true)} />
          <span className="grow" />
          <IconButton
            label={collapsed ? t`Wide sidebar` : t`Narrow sidebar`}
            className="hidden md:inline-flex"
            onClick={toggle}
          >
            {collapsed ? <ChevronsRight /> : <ChevronsLeft />}
          </IconButton>
        </div>
      </aside>
      <div className="flex min-h-0 min-w-0 grow flex-col">
        <Offline />
        <main id="main" className="min-h-0 grow overflow-auto" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <CommandPalette open={palette} onClose={() => setPalette(false)} />
      <ShortcutSheet open={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function Mark() {
  return <img src="/static/pipelit/icon.svg" alt="Pipelit" className="size-7" />;
}

function Brand() {
  return (
    <span className="flex items-center gap-2 text-base font-semibold tracking-tight">
      <Mark /> Pipelit
    </span>
  );
}

function Navigation({ collapsed, onNavigate }: { collapsed: boolean; onNavigate: () => void }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { data: me } = useMe();
  const here = (to: string) =>
    to === "/" ? path === "/" || path.startsWith("/workflows") : path.startsWith(to);
  return (
    <nav aria-label={t`Main`} className="flex min-h-0 flex-col gap-0.5 overflow-y-auto px-2 py-1">
      {NAVIGATION.filter((entry) => !entry.adminOnly || me?.role === "admin").map(
        ({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            onClick={onNavigate}
            aria-current={here(to) ? "page" : undefined}
            title={collapsed ? label() : undefined}
            className={cn(
              "flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink",
              here(to) && "bg-hover font-medium text-ink",
              collapsed && "md:justify-center",
            )}
          >
            <Icon className="size-4 shrink-0" />
            <span className={cn("grow", collapsed && "md:sr-only")}>{label()}</span>
            {to === "/tasks" && <OpenTasks />}
          </Link>
        ),
      )}
    </nav>
  );
}

function UserMenu({ collapsed, onHelp }: { collapsed: boolean; onHelp: () => void }) {
  const { data: me } = useMe();
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const choose = (next: Theme) => {
    chooseTheme(next);
    setTheme(next);
  };
  const themes = [
    ["light", t`Light`, Sun],
    ["dark", t`Dark`, Moon],
    ["system", t`As the system`, Monitor],
  ] as const;
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <Button variant="ghost" className="max-w-36">
          <span className="sr-only">{t`Account`}</span>
          <span
            aria-hidden="true"
            className="grid size-6 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent uppercase"
          >
            {me?.username.slice(0, 1)}
          </span>
          <span className={cn("truncate", collapsed && "md:hidden")}>{me?.username}</span>
        </Button>
      }
    >
      <MenuLabel>{t`Theme`}</MenuLabel>
      {themes.map(([name, label, Icon]) => (
        <MenuItem key={name} icon={<Icon />} onSelect={() => choose(name)}>
          {label} {theme === name && <span aria-label={t`chosen`}>✓</span>}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem icon={<Keyboard />} keys={written("?")} onSelect={onHelp}>
        {t`Shortcuts`}
      </MenuItem>
      <MenuItem icon={<LogOut />} onSelect={() => void signOut()}>
        {t`Sign out`}
      </MenuItem>
    </Menu>
  );
}

function Offline() {
  const state = useConnection();
  if (state !== "waiting") return null;
  return (
    <output className="bg-warn/15 px-3 py-1 text-center text-sm text-warn">
      {t`The server is out of reach. What you see may be old; it goes on by itself.`}
    </output>
  );
}
