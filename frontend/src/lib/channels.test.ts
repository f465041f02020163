import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { refreshSoon } from "./channels";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("reads again once for a burst of news, and lets what is under way end first", async () => {
  const client = new QueryClient();
  const signals: AbortSignal[] = [];
  const queryFn = ({ signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise((resolve) => setTimeout(resolve, 500, signals.length));
  };
  const observer = new QueryObserver(client, { queryKey: ["tasks", 1], queryFn });
  const stop = observer.subscribe(() => {});
  for (let n = 0; n < 3; n += 1) refreshSoon(client, ["tasks"], 300);
  await vi.advanceTimersByTimeAsync(2000);
  expect(signals.map((signal) => signal.aborted)).toEqual([false, false]);
  expect(observer.getCurrentResult().data).toBe(2);
  stop();
});
