import { describe, expect, it } from "vitest";
import { changes, fieldName } from "./changes";
import type { Diff } from "./queries";

const edge = { source_node_id: "a", target_node_id: "b", edge_label: "", condition_value: "" } as const;

describe("changes", () => {
  it("tells fields from places", () => {
    const place = { field: "position_x", before: 1, after: 2 };
    const text = { field: "config.text", before: "a", after: "b" };
    const diff: Diff = {
      nodes: {
        added: ["new"],
        removed: [],
        changed: [
          { node_id: "both", fields: [], changes: [place, text] },
          { node_id: "moved", fields: [], changes: [place] },
        ],
      },
      edges: { added: [edge], removed: [{ ...edge, condition_value: "yes" }] },
    };
    expect(changes(diff)).toEqual({
      added: ["new"],
      removed: [],
      changed: [{ node_id: "both", fields: [text], moved: true }],
      moved: ["moved"],
      connected: ["a → b"],
      disconnected: ["a → b (yes)"],
      nothing: false,
    });
  });

  it("knows nothing when it sees it", () => {
    const none: Diff = { nodes: { added: [], removed: [], changed: [] }, edges: { added: [], removed: [] } };
    expect(changes(none).nothing).toBe(true);
  });
});

it("reads a field's name", () => {
  expect(fieldName("config.system_prompt")).toBe("system prompt");
  expect(fieldName("label")).toBe("label");
});
