import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { WIDGETS } from "@/components/forms/widgets";
import { EditorContext, NodeContext } from "./context";
import { node, TYPES } from "./fixtures";
import "./node-widget";
import { createRuns } from "./runs";
import { EditorDocument } from "./store";

afterEach(cleanup);

it("offers the other nodes of the workflow", () => {
  const nodes = [node("each", "loop"), node("list")];
  const document = new EditorDocument({ slug: "w", me: "ann", nodes, edges: [], onRefused: vi.fn() });
  const Picker = WIDGETS.node!;
  render(
    <EditorContext value={{ slug: "w", document, runs: createRuns(), types: TYPES }}>
      <NodeContext value="each">
        <Picker
          wiring={{ id: "it" }}
          field={{}}
          root={{}}
          name="source_node"
          value=""
          onChange={vi.fn()}
          siblings={() => null}
        />
      </NodeContext>
    </EditorContext>,
  );
  expect(screen.getAllByRole("option").map((one) => one.textContent)).toEqual(["–", "list"]);
});
