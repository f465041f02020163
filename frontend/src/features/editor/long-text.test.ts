import { expect, it } from "vitest";
import { cut } from "./long-text";

it("cuts a text into parts that are the whole again, at ends of lines where it can", () => {
  expect(cut("ab\ncd\nef", 4)).toEqual(["ab\n", "cd\n", "ef"]);
  expect(cut("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
  expect(cut("", 3)).toEqual([]);
  const text = "line\n".repeat(1000);
  expect(cut(text, 77).join("")).toBe(text);
});
