import { describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import type { WorkflowEdge, WorkflowNode } from "@/api/types";
import type { LiveEvent } from "@/lib/socket";
import { link, node } from "./fixtures";
import { linkKey, type Edit } from "./graph";
import { compact, EditorDocument, type Operation } from "./store";

type Send = (operations: Operation[]) => Promise<(WorkflowNode | WorkflowEdge | null)[]>;

function opened(send: Send = async (operations) => operations.map(() => null)) {
  const sent: Operation[][] = [];
  const refused = vi.fn();
  const reload = vi.fn(async () => ({ nodes: [node("a")], edges: [] }));
  const edge = {
    id: 7,
    source_node_id: "a",
    target_node_id: "b",
    edge_label: "",
    condition_value: "",
  } as WorkflowEdge;
  const document = new EditorDocument({
    slug: "w",
    me: "ann",
    nodes: [node("a"), node("b")],
    edges: [edge],
    onRefused: refused,
    reload,
    send: (operations) => {
      sent.push(operations);
      return send(operations);
    },
  });
  return { document, sent, refused, reload, state: () => document.store.getState() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const label = (node_id: string, text: string): Edit => ({
  kind: "set_node",
  node_id,
  patch: { label: text },
});
const heard = (type: string, data: unknown): LiveEvent => ({
  type,
  channel: "",
  seq: "",
  timestamp: "",
  data: data as never,
});

describe("EditorDocument", () => {
  it("applies at once, sends in order, and undoes", async () => {
    const { document, sent, state } = opened();
    document.edit("Add", [{ kind: "add_node", node: node("c") }]);
    document.edit("Name", [label("c", "C")]);
    expect(state().nodes.c!.label).toBe("C");
    expect(state().saving).toBe("saving");
    await settled();
    expect(sent.map((batch) => batch.map((one) => one.op))).toEqual([["create_node"], ["update_node"]]);
    expect(state().saving).toBe("saved");
    expect(document.undo()).toBe("Name");
    expect(document.undo()).toBe("Add");
    expect(state().nodes.c).toBeUndefined();
    expect(document.undo()).toBeNull();
    document.redo();
    document.redo();
    expect(state().nodes.c!.label).toBe("C");
    await settled();
    expect(sent.at(-1)).toEqual([{ op: "update_node", node_id: "c", label: "C" }]);
  });

  it("undoes a deletion with its edges", async () => {
    const { document, sent, state } = opened();
    document.edit("Delete", [{ kind: "remove_node", node_id: "b" }]);
    document.undo();
    expect(state().edges[linkKey(link("a", "b"))]).toEqual(link("a", "b"));
    await settled();
    expect(sent.at(-1)!.map((one) => one.op)).toEqual(["create_node", "create_edge"]);
  });

  it("deletes an edge by the id that the server gave it", async () => {
    const made = {
      id: 9,
      source_node_id: "b",
      target_node_id: "a",
      edge_label: "",
      condition_value: "",
    } as WorkflowEdge;
    const { document, sent } = opened(async (operations) =>
      operations.map((one) => (one.op === "create_edge" ? made : null)),
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

  it("tries again while the server is away, and loses nothing", async () => {
    vi.useFakeTimers();
    let away = true;
    const { document, sent, state } = opened(async () => {
      if (away) throw new ApiError(0, "offline", "away");
      return [];
    });
    document.edit("Name", [label("a", "A")]);
    document.edit("Name", [label("b", "B")]);
    await vi.advanceTimersByTimeAsync(1);
    expect(state().saving).toBe("offline");
    away = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state().saving).toBe("saved");
    expect(sent.at(-1)).toEqual([{ op: "update_node", node_id: "b", label: "B" }]);
    vi.useRealTimers();
  });

  it("takes back what the server refuses", async () => {
    const { document, refused, reload, state } = opened(async () => {
      throw new ApiError(422, "cycle", "A cycle.");
    });
    document.edit("Connect", [{ kind: "add_edge", link: link("b", "a") }]);
    await settled();
    expect(refused.mock.lastCall![0].message).toBe("A cycle.");
    expect(reload).toHaveBeenCalled();
    expect(state().edges).toEqual({});
    expect(state().past).toEqual([]);
  });

  it("shows both when somebody has changed the same node, and keeps the one that is chosen", async () => {
    const theirs = { ...node("a", "set", { x: "theirs" }), revision: 5 };
    let stale = true;
    const { document, sent, state } = opened(async () => {
      if (stale) throw new ApiError(412, "stale_revision", "Changed.", {}, { current: theirs });
      return [];
    });
    document.edit("Change", [
      { kind: "set_node", node_id: "a", patch: { config: { extra_config: { x: "mine" } } } },
    ]);
    await settled();
    expect(state().conflict!.theirs).toEqual(theirs);
    expect(state().conflict!.mine.config.extra_config).toEqual({ x: "mine" });
    stale = false;
    document.settle("mine");
    await settled();
    expect(sent.at(-1)).toEqual([
      { op: "update_node", node_id: "a", config: { extra_config: { x: "mine" } }, revision: 5 },
    ]);
    expect(state().conflict).toBeNull();
  });

  it("shows what others do", () => {
    const { document, state } = opened();
    document.heard(heard("node_created", { ...node("x"), actor: "ben" }));
    document.heard(heard("node_updated", { ...node("a"), label: "Ben's", actor: "ben" }));
    document.heard(heard("node_updated", { ...node("z"), old_node_id: "b", actor: "ben" }));
    const made = {
      id: 11,
      source_node_id: "x",
      target_node_id: "a",
      edge_label: "",
      condition_value: "",
      actor: "ben",
    };
    document.heard(heard("edge_created", made));
    expect(Object.keys(state().nodes).sort()).toEqual(["a", "x", "z"]);
    expect(state().nodes.a!.label).toBe("Ben's");
    expect(Object.values(state().edges)).toEqual([link("a", "z"), link("x", "a")]);
    document.heard(heard("edge_deleted", { id: 11, actor: "ben" }));
    document.heard(heard("node_deleted", { node_id: "z", actor: "ben" }));
    expect(state().edges).toEqual({});
    expect(state().past).toEqual([]);
  });

  it("changes nothing when it may only be read", () => {
    const { document, state } = opened();
    document.store.setState({ readOnly: true });
    document.edit("Name", [label("a", "A")]);
    expect(state().nodes.a!.label).toBe("");
  });
});

describe("compact", () => {
  it("sends the last of several changes of one node", () => {
    const moves = [label("a", "1"), label("a", "2"), label("b", "1"), label("a", "3")];
    expect(compact(moves)).toEqual([label("a", "2"), label("b", "1"), label("a", "3")]);
  });
});
