import { expect, it } from "vitest";
import { node } from "./fixtures";
import { ranAs } from "./ran";

it("tells no duration before a step has ended", () => {
  const ran = (counts: Record<string, number>, duration_ms: number) =>
    ranAs({ ...node("ask"), run: { status: "waiting", counts, duration_ms } });
  expect(ran({}, 0).duration_ms).toBeUndefined();
  expect(ran({ success: 1 }, 0).duration_ms).toBe(0);
  expect(ran({ success: 2 }, 12.5)).toMatchObject({ count: 2, duration_ms: 12.5 });
});
