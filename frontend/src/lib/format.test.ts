import { describe, expect, it } from "vitest";
import { bytes } from "./format";

describe("bytes", () => {
  it.each([
    [512, "512 B"],
    [65_536, "64 KB"],
    [5_242_880, "5 MB"],
  ])("%d is %s", (size, text) => expect(bytes(size)).toBe(text));
});
