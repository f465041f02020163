import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/client";
import { faults, readFile } from "./import-file";

const file = (value: unknown) => JSON.stringify(value);

describe("readFile", () => {
  it("tells what comes", () => {
    const nodes = ["set", "trigger_manual", "set"].map((component_type) => ({ component_type }));
    const found = readFile("a.json", file({ workflow: { name: "A", slug: "a" }, nodes, edges: [{}] }));
    expect(found).toMatchObject({ name: "A", slug: "a", description: "", nodes: 3, edges: 1 });
    expect(found.types).toEqual([
      ["set", 2],
      ["trigger_manual", 1],
    ]);
  });

  it.each([
    ["{", "is no JSON"],
    ["[1]", "no workflow"],
    [file({ workflow: {}, nodes: [], edges: [] }), "no name"],
    [file({ nodes: [], edges: [] }), "no workflow"],
  ])("refuses %s", (text, sentence) => {
    expect(() => readFile("a.json", text)).toThrow(sentence);
  });
});

describe("faults", () => {
  it("tells those of the graph, those of fields, else the sentence", () => {
    const graph = new ApiError(422, "invalid", "No.", {}, { validation_errors: [{ message: "A cycle." }] });
    expect(faults(graph)).toEqual(["A cycle."]);
    const nested = { nodes: [{}, { label: ["Too long."] }] } as unknown as Record<string, string[]>;
    expect(faults(new ApiError(400, "invalid", "No.", nested))).toEqual(["nodes: label: Too long."]);
    expect(faults(new ApiError(500, "x", "No."))).toEqual(["No."]);
  });
});
