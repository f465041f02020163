import { expect, it } from "vitest";
import { fieldChanges, joined, same, withFields } from "./fields";

it("finds what leads from one config to the other, and goes there", () => {
  const before = { model_name: "a", temperature: null, extra_config: { x: 1, gone: 1, same: [1] } };
  const after = {
    model_name: null,
    temperature: 1,
    extra_config: { x: 2, same: [1], y: {} },
    trigger_config: { t: 1 },
  };
  const changes = fieldChanges(before, after);
  expect(changes.map(({ place, name, to }) => [place, name, to])).toEqual([
    ["", "model_name", null],
    ["", "temperature", 1],
    ["extra_config", "x", 2],
    ["extra_config", "gone", undefined],
    ["extra_config", "y", {}],
    ["trigger_config", "t", 1],
  ]);
  expect(withFields(before, changes)).toEqual(after);
  const back = changes.map(({ from, to, ...place }) => ({ ...place, from: to, to: from }));
  expect(same(withFields(after, back), { ...before, trigger_config: {} })).toBe(true);
});

it("joins changes that follow one another", () => {
  const at = { place: "" as const, name: "x" };
  const other = { place: "" as const, name: "y", from: 0, to: 9 };
  expect(joined([{ ...at, from: 1, to: 2 }], [{ ...at, from: 2, to: 3 }, other])).toEqual([
    { ...at, from: 1, to: 3 },
    other,
  ]);
});

it("compares as JSON does", () => {
  expect(same({ a: [1, { b: undefined }] }, { a: [1, { b: null }] })).toBe(true);
  expect(same({ a: [] }, { a: {} })).toBe(false);
  expect(same("1", 1)).toBe(false);
});
