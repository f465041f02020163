import { expect, it } from "vitest";
import type { Edit } from "./graph";
import { compact } from "./operations";

const label = (node_id: string, text: string): Edit => ({
  kind: "set_node",
  node_id,
  patch: { label: text },
});

it("sends the last of several changes of one node", () => {
  const moves = [label("a", "1"), label("a", "2"), label("b", "1"), label("a", "3")];
  expect(compact(moves)).toEqual([label("a", "2"), label("b", "1"), label("a", "3")]);
});
