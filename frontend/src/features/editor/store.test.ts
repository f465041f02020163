import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import type { WorkflowEdge, WorkflowNode } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { link, node } from "./fixtures";
import { linkKey, type Edit } from "./graph";
import { Journal } from "./journal";
import { EditorDocument, type Operation } from "./store";

type Results = (WorkflowNode | WorkflowEdge | null)[];
type Send = (operations: Operation[]) => Promise<Results>;

const stored = (id: string, config: Record<string, unknown> = {}, revision = 1): WorkflowNode => ({
  ...node(id, "set", config),
  id: id.codePointAt(0)!,
  revision,
});
const edge = (id: number, source: string, target: string) =>
  ({
    id,
    source_node_id: source,
    target_node_id: target,
    edge_label: "",
    condition_value: "",
  }) as WorkflowEdge;

function opened(send: Send = async (operations) => operations.map(() => null), journal?: Journal) {
  const sent: Operation[][] = [];
  const keys: string[] = [];
  const refused = vi.fn();
  const lost = vi.fn();
  const graph = { nodes: [stored("a"), stored("b")], edges: [edge(7, "a", "b")] };
  const reload = vi.fn(async () => graph);
  const document = new EditorDocument({
    slug: "w",
    me: "ann",
    ...graph,
    onRefused: refused,
    onLost: lost,
    journal,
    reload,
    send: (operations, key) => {
      sent.push(operations);
      keys.push(key);
      return send(operations);
    },
  });
  return { document, sent, keys, refused, lost, reload, graph, state: () => document.store.getState() };
}

const settled = () => vi.advanceTimersByTimeAsync(0);
const label = (node_id: string, text: string): Edit => ({
  kind: "set_node",
  node_id,
  patch: { label: text },
});
const config = (node_id: string, extra_config: Record<string, unknown>): Edit => ({
  kind: "set_node",
  node_id,
  patch: { config: { extra_config } },
});
const heard = (type: string, data: unknown): LiveEvent => ({
  type,
  channel: "",
  seq: "",
  timestamp: "",
  data: data as never,
});

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

/** A server that stores what it is sent. */
function answers(): Send {
  const nodes: Record<string, WorkflowNode> = { a: stored("a"), b: stored("b") };
  return async (operations) =>
    operations.map(({ op, node_id, new_node_id, revision: _based, ...fields }) => {
      const id = String(node_id);
      if (op === "create_node") return (nodes[id] = { ...stored(id), ...(fields as object) });
      if (op !== "update_node" || !nodes[id]) return null;
      const name = String(new_node_id ?? id);
      const changed = { ...nodes[id], ...(fields as object), node_id: name };
      return (nodes[name] = { ...changed, revision: changed.revision + 1 });
    });
}

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

describe("two people", () => {
  it("see what the other does", () => {
    const { document, state } = opened();
    document.heard(heard("node_created", { ...stored("x"), actor: "ben" }));
    document.heard(heard("node_updated", { ...stored("a"), label: "Ben's", actor: "ben" }));
    document.heard(
      heard("node_updated", { ...stored("b", {}, 2), node_id: "z", old_node_id: "b", actor: "ben" }),
    );
    document.heard(heard("edge_created", { ...edge(11, "x", "a"), actor: "ben" }));
    expect(Object.keys(state().nodes).sort()).toEqual(["a", "x", "z"]);
    expect(state().nodes.a!.label).toBe("Ben's");
    expect(Object.values(state().edges)).toEqual([link("a", "z"), link("x", "a")]);
    document.heard(heard("edge_deleted", { id: 11, actor: "ann" })); // from another tab of ours
    document.heard(heard("node_deleted", { node_id: "z", actor: "ben" }));
    expect(state().edges).toEqual({});
    expect(state().past).toEqual([]);
  });

  it("do not disturb an older state", () => {
    const { document, state } = opened();
    document.heard(heard("node_updated", { ...stored("a", {}, 3), label: "new", actor: "ben" }));
    document.heard(heard("node_updated", { ...stored("a", {}, 2), label: "old", actor: "ben" }));
    expect(state().nodes.a!.label).toBe("new");
  });

  it("change different fields of one node, and both are kept", async () => {
    const theirs = { ...stored("a", { y: "theirs" }, 5), label: "Ben's" };
    let stale = true;
    const { document, sent, state } = opened(async (operations) => {
      if (!stale) return answers()(operations);
      stale = false;
      throw new ApiError(412, "stale_revision", "Changed.", {}, { current: theirs });
    });
    document.edit("Change", [config("a", { x: "mine" })]);
    document.edit("Name", [label("b", "B")]);
    await settled();
    expect(state().conflicts).toEqual([]);
    expect(sent.map(([one]) => [one!.config, one!.revision])).toEqual([
      [{ extra_config: { x: "mine" } }, 1],
      [{ extra_config: { x: "mine", y: "theirs" } }, 5],
      [undefined, 1],
    ]);
    expect(state().past).toHaveLength(2);
  });

  it("name one node, or ask before it runs: both are shown", async () => {
    const theirs = { ...stored("a", {}, 5), label: "Ben's", interrupt_after: true };
    let stale = true;
    const { document, sent, state } = opened(async (operations) => {
      if (!stale) return answers()(operations);
      stale = false;
      throw new ApiError(412, "stale_revision", "Changed.", {}, { current: theirs });
    });
    const patch = { label: "Mine", interrupt_before: true };
    document.edit("Change", [{ kind: "set_node", node_id: "a", patch }]);
    await settled();
    expect(state().conflicts).toEqual([
      { node_id: "a", actor: null, fields: [{ place: "node", name: "label", mine: "Mine" }] },
    ]);
    expect(sent.at(-1)).toEqual([{ op: "update_node", node_id: "a", interrupt_before: true, revision: 5 }]);
    document.settle([{ place: "node", name: "label" }]);
    await settled();
    expect(sent.at(-1)).toMatchObject([{ label: "Mine" }]);
  });

  it("change the same field: both are shown, the rest goes on, and what is chosen is sent", async () => {
    const theirs = stored("a", { x: "theirs", y: "theirs" }, 5);
    let stale = true;
    const { document, sent, state } = opened(async (operations) => {
      if (!stale) return answers()(operations);
      stale = false;
      throw new ApiError(412, "stale_revision", "Changed.", {}, { current: theirs });
    });
    document.edit("Change", [config("a", { x: "mine", z: "mine" })]);
    document.edit("Name", [label("b", "B")]);
    await settled();
    expect(state().conflicts).toEqual([
      { node_id: "a", actor: null, fields: [{ place: "extra_config", name: "x", mine: "mine" }] },
    ]);
    expect(state().nodes.b!.label).toBe("B");
    expect(sent[1]).toEqual([
      {
        op: "update_node",
        node_id: "a",
        config: { extra_config: { x: "theirs", y: "theirs", z: "mine" } },
        revision: 5,
      },
    ]);
    expect(document.isBusy()).toBe(true);
    document.settle([{ place: "extra_config", name: "x" }]);
    await settled();
    expect(sent.at(-1)![0]!.config).toMatchObject({ extra_config: { x: "mine" } });
    expect([state().conflicts, document.isBusy()]).toEqual([[], false]);
  });

  it("change the same field while the answer to one is lost: it is sent again as it was, and both are shown", async () => {
    const answers = [
      new ApiError(412, "stale_revision", "Changed.", {}, { current: stored("a", { x: "theirs" }, 2) }),
    ];
    const { document, sent, state } = opened(async () => {
      throw sent.length > 1 ? answers.pop() : new ApiError(0, "offline", "away");
    });
    document.edit("Change", [config("a", { x: "mine" })]);
    await settled();
    document.heard(heard("node_updated", { ...stored("a", { x: "theirs" }, 2), actor: "ben" }));
    await vi.advanceTimersByTimeAsync(1_500);
    expect(sent[1]).toEqual(sent[0]);
    expect(state().conflicts).toMatchObject([{ actor: "ben", fields: [{ name: "x", mine: "mine" }] }]);
    expect([state().nodes.a!.config.extra_config, state().saving]).toEqual([{ x: "theirs" }, "saved"]);
  });

  it("change one field, and the answer comes before the event: it is told whose change it was", async () => {
    const server = answers();
    const { document, sent, state } = opened(async (operations) => {
      if (sent.length === 1) return server(operations);
      throw new ApiError(412, "stale_revision", "Changed.", {}, { current: stored("a", { x: "theirs" }, 3) });
    });
    document.edit("Change", [config("a", { x: "m" })], "a.x");
    await settled();
    const mine = heard("node_updated", { ...stored("a", { x: "m" }, 2), actor: "ann" });
    document.heard(mine);
    document.edit("Change", [config("a", { x: "mi" })], "a.x");
    await settled();
    const told = () => state().conflicts.map((one) => [one.actor, one.fields]);
    const fields = [{ place: "extra_config", name: "x", mine: "mi" }];
    expect(told()).toEqual([[null, fields]]);
    document.heard(mine); // late
    expect(told()).toEqual([[null, fields]]);
    document.heard(heard("node_updated", { ...stored("a", { x: "theirs" }, 3), actor: "eve" }));
    expect(told()).toEqual([["eve", fields]]);
  });

  it("change one field, and somebody another one after that: who changed that field is told", async () => {
    const { document, state } = opened(answers());
    document.edit("Change", [config("a", { x: "mine" })]);
    await settled();
    document.heard(heard("node_updated", { ...stored("a", { x: "theirs" }, 8), actor: "eve" }));
    document.heard(heard("node_updated", { ...stored("a", { x: "theirs", y: 1 }, 9), actor: "ann" }));
    document.undo();
    expect(state().conflicts).toMatchObject([{ actor: "eve", fields: [{ name: "x" }] }]);
  });

  it.each([true, false])(
    "change a field of which an edit is under way (taken: %s): nobody's is lost",
    async (taken) => {
      const server = answers();
      let answer = () => {};
      const { document, sent, state } = opened(async (operations) => {
        if (sent.length > 1) return server(operations);
        await new Promise<void>((resolve) => (answer = resolve));
        if (!taken) throw new ApiError(422, "config_error", "Bad.");
        return server(operations);
      });
      document.edit("Change", [config("a", { x: "m" })], "a.x");
      await settled();
      document.edit("Change", [config("a", { x: "mi" })], "a.x");
      document.heard(heard("node_updated", { ...stored("a", { x: "theirs" }, 3), actor: "eve" }));
      answer();
      await settled();
      expect(sent).toHaveLength(1);
      expect(state().conflicts).toMatchObject([{ actor: "eve", fields: [{ name: "x", mine: "mi" }] }]);
      expect(state().nodes.a!.config.extra_config).toEqual({ x: "theirs" });
    },
  );

  it("do not overwrite each other by undoing", async () => {
    const { document, state } = opened(answers());
    document.edit("Change", [config("a", { x: "mine" })]);
    await settled();
    document.heard(heard("node_updated", { ...stored("a", { x: "theirs" }, 9), actor: "ben" }));
    document.undo();
    expect(state().nodes.a!.config.extra_config).toEqual({ x: "theirs" });
    expect(state().conflicts).toMatchObject([{ node_id: "a", actor: "ben" }]);
  });

  it("add nodes of the same id: the later one gets another", async () => {
    let taken = true;
    const server = answers();
    const { document, graph, sent, state } = opened(async (operations) => {
      if (!taken) return server(operations);
      taken = false;
      graph.nodes.push({ ...stored("sum"), label: "Ben's" });
      throw new ApiError(409, "duplicate", "Taken.");
    });
    document.edit("Add", [{ kind: "add_node", node: node("sum") }]);
    document.edit("Name", [label("sum", "Mine")]);
    await settled();
    expect(sent.slice(1).map(([one]) => [one!.op, one!.node_id])).toEqual([
      ["create_node", "sum_2"],
      ["update_node", "sum_2"],
    ]);
    expect([state().nodes.sum!.label, state().nodes.sum_2!.label]).toEqual(["Ben's", "Mine"]);
    document.undo();
    expect(state().nodes.sum_2!.label).toBe("");
  });

  it("rename and change a node: the change follows", async () => {
    const { document, sent, state } = opened(async (operations) => answers()(operations));
    let renamed = false;
    document.store.subscribe(() => {
      if (renamed || state().saving !== "saving") return;
      renamed = true; // while the first is under way
      document.edit("Name", [label("b", "B")]);
      document.heard(
        heard("node_updated", { ...stored("b", {}, 2), node_id: "z", old_node_id: "b", actor: "ben" }),
      );
    });
    document.edit("Name", [label("a", "A")]);
    await settled();
    expect(sent.map(([one]) => one!.node_id)).toEqual(["a", "z"]);
  });

  it("delete what the other changes: it is told, and can be brought back with the change", async () => {
    const { document, lost, state } = opened(() => new Promise(() => {}));
    document.edit("Name", [label("a", "A")]);
    document.edit("Change", [config("b", { x: 1 })]);
    document.heard(heard("node_updated", { ...stored("b", {}, 2), actor: "ben" }));
    document.heard(heard("node_deleted", { node_id: "b", actor: "ben" }));
    expect(state().nodes.b).toBeUndefined();
    expect(lost.mock.lastCall!.slice(0, 2)).toEqual(["b", "ben"]);
    lost.mock.lastCall![2]();
    expect(state().nodes.b!.config.extra_config).toEqual({ x: 1 });
  });

  it("delete what the other has open: it is told, and comes back with its edges", () => {
    const { document, lost, state } = opened();
    const { edges } = state();
    document.hold("a");
    document.heard(
      heard("node_updated", { ...stored("c"), id: stored("a").id, old_node_id: "a", actor: "ben" }),
    );
    expect(lost).not.toHaveBeenCalled();
    document.hold("b");
    document.heard(heard("node_deleted", { node_id: "b", actor: "ben" }));
    expect(lost.mock.lastCall!.slice(0, 2)).toEqual(["b", "ben"]);
    lost.mock.lastCall![2]();
    expect(Object.keys(state().edges)).toHaveLength(Object.keys(edges).length);
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
