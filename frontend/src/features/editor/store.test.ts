import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import { link, node } from "./fixtures";
import { linkKey } from "./graph";
import { Journal } from "./journal";
import { answers, config, edge, heard, label, opened, settled, stored } from "./store-fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("editing", () => {
  it("applies at once, and sends in order", async () => {
    const { document, sent, state } = opened(answers());
    document.edit("Add", [{ kind: "add_node", node: node("c") }]);
    document.edit("Name", [label("c", "C")]);
    expect(state().nodes.c!.label).toBe("C");
    expect(state().saving).toBe("saving");
    await settled();
    expect(sent.map((batch) => batch.map((one) => one.op))).toEqual([["create_node"], ["update_node"]]);
    expect(state().saving).toBe("saved");
  });

  it("undoes and does again, as edits like any other", async () => {
    const { document, sent, state } = opened(answers());
    document.edit("Add", [{ kind: "add_node", node: node("c") }]);
    document.edit("Name", [label("c", "C")]);
    await settled();
    expect(document.undo()).toBe("Name");
    expect(document.undo()).toBe("Add");
    expect(state().nodes.c).toBeUndefined();
    expect(document.undo()).toBeNull();
    document.redo();
    document.redo();
    expect(state().nodes.c!.label).toBe("C");
    await settled();
    expect(sent.at(-1)).toEqual([{ op: "update_node", node_id: "c", label: "C", revision: 1 }]);
  });

  it("undoes a deletion with its edges", async () => {
    const { document, sent, state } = opened();
    document.edit("Delete", [{ kind: "remove_node", node_id: "b" }]);
    await settled();
    document.undo();
    expect(state().edges[linkKey(link("a", "b"))]).toEqual(link("a", "b"));
    await settled();
    expect(sent.at(-1)!.map((one) => one.op)).toEqual(["create_node", "create_edge"]);
  });

  it("deletes an edge by the id that the server gave it", async () => {
    const { document, sent } = opened(async (operations) =>
      operations.map((one) => (one.op === "create_edge" ? edge(9, "b", "a") : null)),
    );
    document.edit("Connect", [{ kind: "add_edge", link: link("b", "a") }]);
    await settled();
    document.edit("Disconnect", [
      { kind: "remove_edge", link: link("b", "a") },
      { kind: "remove_edge", link: link("a", "b") },
    ]);
    await settled();
    expect(sent.at(-1)!.map((one) => one.id)).toEqual([9, 7]);
  });

  it("keeps what is typed in one field as one step", async () => {
    const { document, state } = opened();
    for (const text of ["h", "he", "hey"]) document.edit("Name", [label("a", text)], "a.label");
    document.edit("Name", [label("b", "x")], "b.label");
    expect(state().past).toHaveLength(2);
    document.undo();
    document.undo();
    expect(state().nodes.a!.label).toBe("");
  });

  it("sends only the fields of a config that changed, over the server's newest", async () => {
    const { document, sent } = opened();
    document.heard(heard("node_updated", { ...stored("a", { y: 2 }, 4), actor: "ben" }));
    document.edit("Change", [config("a", { y: 2, x: 1 })]);
    await settled();
    expect(sent).toEqual([
      [{ op: "update_node", node_id: "a", config: { extra_config: { x: 1, y: 2 } }, revision: 4 }],
    ]);
  });

  it("changes nothing when it may only be read", () => {
    const { document, state } = opened();
    document.store.setState({ readOnly: true });
    document.edit("Name", [label("a", "A")]);
    expect(state().nodes.a!.label).toBe("");
  });
});

describe("a server that is away", () => {
  it("is asked again, and nothing is lost or sent twice", async () => {
    let away = true;
    const { document, sent, keys, state } = opened(async () => {
      if (away) throw new ApiError(0, "offline", "away");
      return [];
    });
    document.edit("Name", [label("a", "A")]);
    await settled();
    document.edit("Name", [label("b", "B")]);
    expect(state().saving).toBe("offline");
    away = false;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(state().saving).toBe("saved");
    expect(sent.map(([one]) => one!.label)).toEqual(["A", "A", "B"]);
    expect(keys[0]).toBe(keys[1]); // the same attempt: the server applies it once
    expect(keys[2]).not.toBe(keys[1]);
  });

  it("is waited for as long as it asks, and its sentence is shown", async () => {
    const answer = [new ApiError(503, "busy", "Busy.", {}, {}, 7)];
    const { document, sent, state } = opened(async () => {
      const error = answer.pop();
      if (error) throw error;
      return [];
    });
    document.edit("Name", [label("a", "A")]);
    await vi.advanceTimersByTimeAsync(6_900);
    expect([sent.length, state().saving, state().why]).toEqual([1, "offline", "Busy."]);
    await vi.advanceTimersByTimeAsync(200);
    expect([sent.length, state().saving, state().why]).toEqual([2, "saved", null]);
  });

  it("is asked at once when there is reason to hope, and edits wait for who signs in again", async () => {
    const answer = [new ApiError(401, "not_authenticated", "Who?")];
    const { document, sent, state } = opened(async () => {
      const error = answer.pop();
      if (error) throw error;
      return [];
    });
    document.edit("Name", [label("a", "A")]);
    await settled();
    document.edit("Name", [label("a", "AB")]);
    expect(state().saving).toBe("signed-out");
    document.hurry();
    await settled();
    expect([sent.length, state().saving]).toEqual([3, "saved"]);
  });
});

describe("a refusal", () => {
  it("takes back itself alone", async () => {
    const { document, refused, state } = opened(async ([one]) => {
      if (one!.op === "create_edge") throw new ApiError(422, "cycle", "A cycle.");
      return answers()([one!]);
    });
    document.edit("Name", [label("a", "A")]);
    document.edit("Connect", [{ kind: "add_edge", link: link("b", "a") }]);
    document.edit("Name", [label("b", "B")]);
    await settled();
    expect(refused.mock.lastCall![0].message).toBe("A cycle.");
    expect(Object.keys(state().edges)).toEqual([linkKey(link("a", "b"))]);
    expect([state().nodes.a!.label, state().nodes.b!.label]).toEqual(["A", "B"]);
    expect(state().past.map((one) => one.label)).toEqual(["Name", "Name"]);
    expect(state().saving).toBe("saved");
  });

  it("takes back what depends on it", async () => {
    const { document, sent, lost, state } = opened(async ([one]) => {
      if (one!.op === "create_node") throw new ApiError(422, "unknown_component", "No such thing.");
      return answers()([one!]);
    });
    document.edit("Add", [{ kind: "add_node", node: node("c") }]);
    document.edit("Connect", [{ kind: "add_edge", link: link("b", "c") }]);
    document.edit("Name", [label("c", "C"), label("a", "A")]);
    await settled();
    expect(Object.keys(state().nodes)).toEqual(["a", "b"]);
    expect(sent.at(-1)).toEqual([{ op: "update_node", node_id: "a", label: "A", revision: 1 }]);
    expect(sent).toHaveLength(2);
    expect(lost).not.toHaveBeenCalled();
  });

  it("of an id lets later edits go to the old one", async () => {
    const { document, sent, state } = opened(async ([one]) => {
      if (one!.new_node_id) throw new ApiError(422, "invalid", "Reserved.");
      return answers()([one!]);
    });
    document.edit("Rename", [{ kind: "rename_node", from: "a", to: "loop" }]);
    document.edit("Name", [label("loop", "A")]);
    await settled();
    expect(sent.at(-1)![0]!.node_id).toBe("a");
    expect(state().nodes.a!.label).toBe("A");
    expect(state().nodes.loop).toBeUndefined();
  });

  it("lets a corrected value through", async () => {
    const { document, state } = opened(async (operations) => {
      const extra = (operations[0]!.config as { extra_config: { x: string } }).extra_config;
      if (extra.x === "bad") throw new ApiError(422, "config_error", "Bad.");
      return answers()(operations);
    });
    document.edit("Change", [config("a", { x: "bad" })], "a.x");
    document.edit("Change", [config("a", { x: "good" })], "a.x");
    await settled();
    expect(state().nodes.a!.config.extra_config).toEqual({ x: "good" });
    expect([state().conflicts, state().past.length]).toEqual([[], 1]);
  });
});

describe("a gap in the live events", () => {
  it("is closed by reading again, without losing what is unsent", async () => {
    let release = () => {};
    const { document, reload, graph, state } = opened(
      (operations) => new Promise((resolve) => (release = () => resolve(operations.map(() => null)))),
    );
    document.edit("Name", [label("a", "A")]);
    document.edit("Name", [label("b", "B")]);
    graph.nodes = [stored("a", {}, 2), stored("b", { theirs: 1 }, 2), stored("c")];
    document.heard(heard("resync", undefined));
    expect(reload).not.toHaveBeenCalled(); // what is under way is answered first
    release();
    await settled();
    expect(reload).toHaveBeenCalledOnce();
    expect(Object.keys(state().nodes)).toEqual(["a", "b", "c"]);
    expect(state().nodes.b).toMatchObject({ label: "B", config: { extra_config: { theirs: 1 } } });
  });

  it("and a workflow that is not there any more ends it", async () => {
    const { document, reload, state } = opened();
    reload.mockRejectedValue(new ApiError(404, "not_found", "There is no such workflow."));
    document.reload();
    await settled();
    expect([state().saving, state().gone, state().readOnly]).toEqual([
      "stopped",
      "There is no such workflow.",
      true,
    ]);
  });
});

describe("a reload of the page", () => {
  it("goes on with what was unsent, under the same keys", async () => {
    localStorage.clear();
    const away = () => Promise.reject(new ApiError(0, "offline", "away"));
    const before = opened(away, new Journal("ann", 7, localStorage));
    before.document.edit("Change", [config("a", { x: 1 })]);
    await settled();
    before.document.edit("Add", [{ kind: "add_node", node: node("c") }]);
    before.document.close();
    const after = opened(answers(), new Journal("ann", 7, localStorage));
    expect(after.state().nodes.a!.config.extra_config).toEqual({ x: 1 });
    await settled();
    expect(after.sent.map(([one]) => one!.op)).toEqual(["update_node", "create_node"]);
    expect(after.keys[0]).toBe(before.keys[0]);
    expect(after.reload).toHaveBeenCalled(); // the first may have been answered before
    expect(after.state().saving).toBe("saved");
    expect(localStorage).toHaveLength(0);
  });
});
