/** Calls of the REST API: JSON in and out, one error class that carries what the server said. */
import { t } from "@lingui/core/macro";
import { newKey } from "@/lib/key";
import { apiKey, refuseKey } from "./auth";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Sentences by field, such as `config.code`. */
    readonly fields: Record<string, string[]> = {},
    /** The rest of the body: `current`, `validation_errors`, `usage`, ... */
    readonly data: Record<string, unknown> = {},
    /** Seconds after which another try may help. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  /** Whether the server was not reached at all. */
  get offline(): boolean {
    return this.status === 0;
  }

  /** Whether the same may well be answered a little later. */
  get isPassing(): boolean {
    return this.offline || this.status >= 500 || this.status === 429;
  }
}

export function unreachable(): ApiError {
  return new ApiError(
    0,
    "offline",
    t`The server cannot be reached. Check the connection; nothing was changed.`,
  );
}

export interface Options {
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  /** The revision that the change is based on. */
  ifMatch?: number;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

interface Once {
  /** It starts something: asked again after a lost answer it starts nothing more, as long as this value is the same. */
  once?: true | number;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** Raises ApiError. A refused key is not used again: see `refuseKey`. */
export async function call<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const key = apiKey();
  const response = await send(method, path, key, options);
  if (response.status === 401 && key !== null) refuseKey(key);
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const get = <T>(path: string, query?: Options["query"], signal?: AbortSignal) =>
  call<T>("GET", path, { query, signal });
export const post = <T>(path: string, body?: unknown, { once, ...more }: Options & Once = {}) =>
  once === undefined
    ? call<T>("POST", path, { body, ...more })
    : intended(JSON.stringify([path, body, once]), (idempotencyKey) =>
        call<T>("POST", path, { body, idempotencyKey, ...more }),
      );
export const patch = <T>(path: string, body?: unknown, more?: Options) =>
  call<T>("PATCH", path, { body, ...more });
export const remove = <T = void>(path: string, more?: Options) => call<T>("DELETE", path, more);

/** Idempotency-Keys of what was sent and not yet answered. */
const unanswered = new Map<string, string>();

async function intended<T>(intent: string, ask: (key: string) => Promise<T>): Promise<T> {
  const key = unanswered.get(intent) ?? newKey();
  unanswered.set(intent, key);
  try {
    const answer = await ask(key);
    unanswered.delete(intent);
    return answer;
  } catch (error) {
    if (error instanceof ApiError && !error.isPassing) unanswered.delete(intent);
    throw error;
  }
}

async function send(method: Method, path: string, key: string | null, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch !== undefined) headers["If-Match"] = `"${options.ifMatch}"`;
  if (options.idempotencyKey) headers["Idempotency-Key"] = options.idempotencyKey;
  try {
    return await fetch(`/api/v1/${path}${search(options.query)}`, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
}

function search(query: Options["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value != null && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

async function refusal(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  try {
    const { detail, code, fields, ...data } = await response.json();
    return new ApiError(response.status, String(code), String(detail), fields, data, retryAfter);
  } catch {
    return new ApiError(
      response.status,
      "unknown",
      t`The server answered ${response.status}. Try again; if it stays so, its log says why.`,
      {},
      {},
      retryAfter,
    );
  }
}
