import { expect, it, vi } from "vitest";
import type { LiveEvent } from "@/lib/socket";
import { following } from "./following";
import { createRuns, follow, type RunState } from "./runs";

const event = (type: string, data: Record<string, unknown> = {}): LiveEvent => ({
  type,
  channel: "",
  seq: "",
  timestamp: "",
  data: { execution_id: "e1", ...data },
});
const step = (node_id: string, status: string) =>
  event("node_status", { node_id, step_key: node_id, status });
type Read = Pick<RunState, "status" | "nodes">;

function opened() {
  const runs = createRuns();
  follow(runs, "e1");
  const answers: ((read: Read | Error) => void)[] = [];
  const read = () =>
    new Promise<Read>((resolve, reject) =>
      answers.push((found) => (found instanceof Error ? reject(found) : resolve(found))),
    );
  const later = vi.fn((call: () => void) => (call(), () => {}));
  const answer = async (found: Read | Error) => {
    answers.shift()!(found);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { runs, hear: following(runs, { read, later }), answer, answers, later };
}

it("reads a run afresh after a gap, and takes what came meanwhile after that", async () => {
  const { runs, hear, answer } = opened();
  hear(event("resync"));
  hear(step("a", "success"));
  hear(event("execution_completed"));
  await answer({ status: "running", nodes: { a: { status: "waiting", count: 1 } } });
  expect(runs.getState()).toMatchObject({ status: "completed", nodes: { a: { status: "success" } } });
});

it("reads it again after another gap, and when the server did not answer", async () => {
  const { runs, hear, answer, answers, later } = opened();
  hear(event("resync"));
  hear(event("resync"));
  await answer({ status: "running", nodes: {} });
  await answer(new Error("away"));
  expect(later).toHaveBeenCalledOnce();
  await answer({ status: "completed", nodes: { a: { status: "success", count: 1 } } });
  expect(runs.getState()).toMatchObject({ status: "completed", nodes: { a: { status: "success" } } });
  expect(answers).toHaveLength(0);
});

it("forgets what it read of a run that is followed no more", async () => {
  const { runs, hear, answer } = opened();
  hear(event("resync"));
  follow(runs, "e2");
  await answer({ status: "completed", nodes: {} });
  expect(runs.getState()).toMatchObject({ executionId: "e2", status: "pending" });
});
