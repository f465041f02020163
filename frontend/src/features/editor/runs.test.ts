import { expect, it } from "vitest";
import type { LiveEvent } from "@/lib/socket";
import { createRuns, follow, heard, join, ownOf, takeUp } from "./runs";

const event = (type: string, data: Record<string, unknown>): LiveEvent => ({
  type,
  channel: "",
  seq: "",
  timestamp: "",
  data: { execution_id: "e1", ...data },
});

it("follows one execution: badges, tokens, tools, its end", () => {
  const runs = createRuns();
  follow(runs, "e1");
  const step = (status: string, more = {}) =>
    event("node_status", { node_id: "a", step_key: "loop[0]/a", status, ...more });
  heard(runs, event("execution_started", {}));
  expect(runs.getState().status).toBe("running");
  heard(runs, step("running"));
  heard(runs, step("success", { output: { x: 1 }, duration_ms: 3, error: "" }));
  heard(runs, step("success", { output: { x: 2 } }));
  heard(runs, event("node_status", { node_id: "a", step_key: "a/model[0]", status: "running" }));
  expect(runs.getState().nodes.a).toMatchObject({
    status: "success",
    output: { x: 2 },
    count: 2,
    error: undefined,
  });
  heard(runs, event("token", { node_id: "a", delta: "Hel" }));
  heard(runs, event("token", { node_id: "a", delta: "lo" }));
  expect(runs.getState().tokens.a).toBe("Hello");
  const tool = { node_id: "a", step_key: "a", call: "tool[0.0]", name: "calc", tool_node_id: "t" };
  heard(runs, event("tool_status", { ...tool, status: "running" }));
  heard(runs, event("tool_status", { ...tool, status: "success", result: "4" }));
  expect(runs.getState().tools).toHaveLength(1);
  expect(runs.getState().tools[0]!.result).toBe("4");
  expect(runs.getState().nodes.t).toMatchObject({ status: "success", output: "4", count: 1 });
  heard(runs, { ...event("execution_failed", { error: "No." }), data: { execution_id: "other" } });
  expect(runs.getState().status).toBe("running");
  heard(runs, event("execution_failed", { error: "No." }));
  expect(runs.getState()).toMatchObject({ status: "failed", error: "No." });
  follow(runs, "e2");
  expect(runs.getState()).toMatchObject({ nodes: {}, tokens: {}, status: "pending" });
});

it("takes many events as one change", () => {
  const runs = createRuns();
  follow(runs, "e1");
  let changes = 0;
  runs.subscribe(() => (changes += 1));
  const many = Array.from({ length: 1000 }, (_, n) =>
    event("node_status", {
      node_id: `n${n % 10}`,
      step_key: `n${n % 10}`,
      status: n % 20 < 10 ? "running" : "success",
    }),
  );
  heard(runs, ...many);
  expect(changes).toBe(1);
  expect(runs.getState().nodes.n3).toMatchObject({ status: "success", count: 50 });
});

it("follows what began elsewhere while nothing is under way, beside what began here", () => {
  const runs = createRuns();
  const started = (execution_id: string) => join(runs, event("execution_started", { execution_id }));
  started("elsewhere");
  expect(runs.getState()).toMatchObject({ executionId: "elsewhere", status: "running" });
  expect(ownOf(runs.getState()).executionId).toBeNull();
  follow(runs, "e1");
  started("elsewhere");
  heard(runs, event("execution_interrupted", {}));
  started("elsewhere");
  expect(runs.getState()).toMatchObject({ executionId: "e1", own: null });
  heard(runs, event("execution_completed", {}));
  for (const id of ["e1", "elsewhere"]) started(id);
  heard(runs, event("execution_failed", { execution_id: "elsewhere" }));
  started("newer");
  expect(runs.getState()).toMatchObject({ executionId: "newer", status: "running" });
  expect(ownOf(runs.getState())).toMatchObject({ executionId: "e1", status: "completed" });
});

it("keeps what it has heard of a run before it is known to have begun here", () => {
  const runs = createRuns();
  join(runs, event("execution_started", {}));
  heard(runs, event("execution_completed", {}));
  follow(runs, "e1");
  expect(runs.getState()).toMatchObject({ executionId: "e1", status: "completed", own: null });
});

it("goes on with a run that has been read, unless another is followed by then", () => {
  const found = { executionId: "e1", status: "running", nodes: { a: { status: "success", count: 1 } } };
  const runs = createRuns();
  takeUp(runs, found);
  expect(runs.getState()).toMatchObject({ ...found, since: null });
  heard(runs, event("execution_completed", {}));
  expect(runs.getState()).toMatchObject({ status: "completed", nodes: found.nodes });
  follow(runs, "e2");
  takeUp(runs, found);
  expect(runs.getState()).toMatchObject({ executionId: "e2", nodes: {}, since: "0" });
});
