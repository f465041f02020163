import { expect, it, vi } from "vitest";
import { perFrame } from "./frames";

it("does everything of one frame in one go, in order", () => {
  let draw = () => {};
  const done = vi.fn();
  const hear = perFrame<number>(done, (call) => (draw = call));
  for (let n = 0; n < 1000; n += 1) hear(n);
  expect(done).not.toHaveBeenCalled();
  draw();
  hear(1000);
  draw();
  expect(done.mock.calls.map(([all]) => all.length)).toEqual([1000, 1]);
  expect(done.mock.calls[0]![0].slice(0, 3)).toEqual([0, 1, 2]);
});

it("does it without frames, too, once", () => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", () => 0);
  const done = vi.fn();
  perFrame<string>(done)("x");
  vi.advanceTimersByTime(1_000);
  expect(done).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
