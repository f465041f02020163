/** The API key of this browser: kept for good ("remember me") or until the tab closes. */
const KEY = "pipelit.key";
const listeners = new Set<() => void>();

export function apiKey(): string | null {
  return localStorage.getItem(KEY) ?? sessionStorage.getItem(KEY);
}

export function keepKey(key: string, remember: boolean): void {
  forget();
  (remember ? localStorage : sessionStorage).setItem(KEY, key);
  changed();
}

export function dropKey(): void {
  forget();
  changed();
}

/** Calls `listener` when somebody signs in or out, in another tab too. */
export function onKeyChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function forget(): void {
  localStorage.removeItem(KEY);
  sessionStorage.removeItem(KEY);
}

function changed(): void {
  for (const listener of listeners) listener();
}

if (typeof window !== "undefined")
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) changed();
  });
