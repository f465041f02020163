import { describe, expect, it } from "vitest";
import { isField, matches, SHORTCUTS, written } from "./shortcuts";

const press = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key, ...more });

describe("shortcuts", () => {
  it("tells keys with and without modifiers apart", () => {
    expect(matches("mod+z", press("z", { ctrlKey: true }))).toBe(true);
    expect(matches("mod+z", press("z", { metaKey: true }))).toBe(true);
    expect(matches("mod+z", press("z"))).toBe(false);
    expect(matches("mod+z", press("Z", { ctrlKey: true, shiftKey: true }))).toBe(false);
    expect(matches("mod+shift+z", press("Z", { ctrlKey: true, shiftKey: true }))).toBe(true);
    expect(matches("Delete", press("Delete"))).toBe(true);
    expect(matches("a", press("a", { altKey: true }))).toBe(false);
  });

  it("goes by the place of a letter on the keyboard", () => {
    expect(matches("mod+z", press("я", { code: "KeyZ", ctrlKey: true }))).toBe(true);
  });

  it("takes signs as they are written", () => {
    expect(matches("?", press("?", { shiftKey: true, code: "Slash" }))).toBe(true);
    expect(matches("plus", press("+", { shiftKey: true, code: "Equal" }))).toBe(true);
    expect(matches("-", press("-", { code: "Minus" }))).toBe(true);
    expect(matches("-", press("-", { code: "Minus", ctrlKey: true }))).toBe(false); // the browser's own
  });

  it("gives no two commands the same keys", () => {
    const all = Object.values(SHORTCUTS).flatMap((shortcut) => shortcut.keys as string[]);
    expect(new Set(all).size).toBe(all.length);
  });

  it("writes keys as they are printed", () => {
    expect(written("mod+shift+z").at(-1)).toBe("Z");
    expect(written("plus")).toEqual(["+"]);
  });

  it("knows fields", () => {
    expect(isField(document.createElement("textarea"))).toBe(true);
    expect(isField(document.createElement("div"))).toBe(false);
    expect(isField(null)).toBe(false);
  });
});
