import { describe, expect, it } from "vitest";
import type { Execution, Page } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { applied, isNews, span } from "./live";

const row = (execution_id: string, more: Partial<Execution> = {}) =>
  ({ execution_id, status: "pending", duration_ms: null, error_message: null, ...more }) as Execution;
const page: Page<Execution> = { items: [row("a"), row("b")], total: 2 };
const event = (type: string, data: Record<string, unknown>): LiveEvent => ({
  type,
  data,
  channel: "workflow:x",
  seq: "1",
  timestamp: "",
});

describe("applied", () => {
  it("changes the row that the event tells of, and no other", () => {
    const failed = { execution_id: "b", status: "failed", duration_ms: 12, error: "No." };
    const next = applied(page, event("execution_failed", failed));
    expect(next.items[1]).toMatchObject({ status: "failed", duration_ms: 12, error_message: "No." });
    expect(next.items[0]).toBe(page.items[0]);
  });

  it("knows that what has started runs", () => {
    expect(applied(page, event("execution_started", { execution_id: "a" })).items[0]!.status).toBe("running");
  });

  it.each([
    ["node_status", { execution_id: "a", status: "failed" }],
    ["execution_failed", { execution_id: "elsewhere", status: "failed" }],
  ])("leaves the page at %s of something else", (type, data) => {
    expect(applied(page, event(type, data))).toBe(page);
  });
});

it("asks again only for what is not shown", () => {
  expect(isNews(page, event("execution_completed", { execution_id: "a" }))).toBe(false);
  expect(isNews(page, event("execution_started", { execution_id: "c" }))).toBe(true);
  expect(isNews(page, event("node_status", { execution_id: "c" }))).toBe(false);
  expect(isNews(page, event("resync", {}))).toBe(true);
});

it("takes both days of a span, across the end of a year", () => {
  expect(span("Europe/Berlin", "2026-12-31", "2026-12-31")).toEqual({
    from: "2026-12-30T23:00:00.000Z",
    to: "2026-12-31T23:00:00.000Z",
  });
  expect(span("UTC")).toEqual({ from: undefined, to: undefined });
});
