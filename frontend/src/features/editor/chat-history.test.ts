import { expect, test } from "vitest";
import { pastOf, type Turn } from "./chat-history";

const turn = (role: Turn["role"], status: Turn["status"], content: string): Turn => ({
  id: `run:${role}`,
  role,
  content,
  status,
  execution_id: "run",
  timestamp: "2026-05-01T00:00:00Z",
});

test("a conversation goes on where it was left", () => {
  const items = [
    turn("human", "failed", "hello"),
    turn("ai", "failed", "No model."),
    turn("human", "running", "?"),
  ];
  const past = pastOf({ conversation_id: "talk", items, total: 10 });
  expect(past.messages.map((one) => [one.by, one.text])).toEqual([
    ["you", "hello"],
    ["error", "No model."],
    ["you", "?"],
  ]);
  expect(past).toMatchObject({ conversation: "talk", more: 7, open: "run" });
});

test("nothing is open when all is answered, or nothing was said", () => {
  expect(
    pastOf({ conversation_id: "talk", items: [turn("ai", "completed", "4")], total: 1 }).open,
  ).toBeNull();
  expect(pastOf({ conversation_id: null, items: [], total: 0 })).toEqual({
    conversation: undefined,
    messages: [],
    more: 0,
    open: null,
  });
});
