import { expect, it } from "vitest";
import { backPath } from "./back-path";

const box = (id: string, x: number, y: number) => ({ id, x, y, width: 208, height: 56 });
const loop = box("loop", 0, 0);

it("leads back below what lies between", () => {
  const body = [box("a", 280, 0), box("b", 560, 0)];
  const [path, x, y] = backPath({ x: 768, y: 28 }, { x: 100, y: 56 }, [loop, ...body]);
  expect(y).toBe(81);
  expect(x).toBe(446);
  expect(path).toMatch(/^M 768 28 .* L 100 56$/);
  const lower = box("c", 280, 60);
  expect(backPath({ x: 768, y: 28 }, { x: 100, y: 56 }, [loop, ...body, lower])[2]).toBe(140);
  expect(backPath({ x: 768, y: 28 }, { x: 100, y: 56 }, [loop, ...body, box("d", 280, 900)])[2]).toBe(81);
});
