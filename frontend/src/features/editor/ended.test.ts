import { describe, expect, it } from "vitest";
import type { ExecutionDetail } from "@/api/types";
import { questionOf, rests } from "./ended";

const standing = (status: string, ...tasks: [string, string][]) =>
  ({
    status,
    pending_tasks: tasks.map(([kind, state]) => ({ kind, status: state })),
  }) as unknown as ExecutionDetail;

describe("an execution", () => {
  it("rests once it has ended", () => {
    expect(["completed", "failed", "cancelled"].every((status) => rests(standing(status)))).toBe(true);
    expect(["pending", "running"].some((status) => rests(standing(status)))).toBe(false);
  });
  it("goes on by itself after a timer or a child", () => {
    expect(rests(standing("waiting", ["timer", "pending"]))).toBe(false);
  });
  it("rests while a question is open, and goes on once it is answered", () => {
    expect(questionOf(standing("interrupted", ["approval", "pending"]))).toBeDefined();
    expect(rests(standing("interrupted", ["approval", "pending"]))).toBe(true);
    expect(rests(standing("interrupted", ["approval", "answered"]))).toBe(false);
  });
});
