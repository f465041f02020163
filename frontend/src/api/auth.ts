/** The API key of this browser: kept for good ("remember me") or until the tab closes. */
const KEY = "pipelit.key";
const listeners = new Set<() => void>();
/** The key that the server has refused: it stays out of use until somebody signs in again. */
let refused: string | null = null;

export function apiKey(): string | null {
  const key = storedKey();
  return key === refused ? null : key;
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

/** The server does not take this key any more, unless it has been replaced meanwhile. */
export function refuseKey(key: string): void {
  if (apiKey() !== key) return;
  refused = key;
  changed();
}

/** Whether somebody is signed in here, be it with a key that has ended. */
export function hasSession(): boolean {
  return storedKey() !== null;
}

export function isRemembered(): boolean {
  return localStorage.getItem(KEY) !== null;
}

/** Calls `listener` when somebody signs in or out, in another tab too. */
export function onKeyChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function storedKey(): string | null {
  return localStorage.getItem(KEY) ?? sessionStorage.getItem(KEY);
}

function forget(): void {
  refused = null;
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
