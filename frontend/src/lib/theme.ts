/** Light, dark, or what the system says. public/theme.js applies the same rule before the first paint. */
export type Theme = "light" | "dark" | "system";

const KEY = "pipelit.theme";
const system = () => matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function applyTheme(theme: Theme = chosenTheme()): void {
  const dark = theme === "dark" || (theme === "system" && system().matches);
  document.documentElement.classList.toggle("dark", dark);
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

export function followSystem(): void {
  system().addEventListener("change", () => applyTheme());
}
