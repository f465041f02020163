import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useTicks } from "./ticks";

it("forgets the ticks of what is gone", () => {
  const { result, rerender } = renderHook(({ able }) => useTicks(able), {
    initialProps: { able: ["a", "b"] },
  });
  expect(result.current.all).toMatchObject({ checked: false, disabled: false });
  act(() => result.current.box("a").onChange());
  act(() => result.current.box("b").onChange());
  expect(result.current.all.checked).toBe(true);
  rerender({ able: ["b", "c"] });
  expect(result.current.ticked).toEqual(["b"]);
  expect(result.current.all.checked).toBe(false);
  act(() => result.current.box("b").onChange());
  expect(result.current.ticked).toEqual([]);
  rerender({ able: [] });
  expect(result.current.all).toMatchObject({ checked: false, disabled: true });
  expect(result.current.box("a").disabled).toBe(true);
});
