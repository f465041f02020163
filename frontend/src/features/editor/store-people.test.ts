import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import { link, node } from "./fixtures";
import { answers, config, edge, heard, label, opened, settled, stored } from "./store-fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
