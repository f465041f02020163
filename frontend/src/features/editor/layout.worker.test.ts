import { expect, it } from "vitest";
import { places } from "./layout.worker";

const edge = (source: string, target: string, outlet = 0) => ({ source, target, outlet, attached: false });

function tidied(...edges: ReturnType<typeof edge>[]) {
  const ids = [...new Set(edges.flatMap(({ source, target }) => [source, target]))];
  return places({ nodes: ids.map((id) => ({ id, width: 208, height: 56 })), edges });
}

it.each([
  [edge("fork", "yes", 0), edge("fork", "no", 1)],
  [edge("fork", "no", 1), edge("fork", "yes", 0)],
])("keeps what follows a fork in the order of its outputs", (...fork) => {
  const found = tidied(edge("start", "fork"), ...fork, edge("yes", "end"), edge("no", "end"));
  expect(found.yes!.y).toBeLessThan(found.no!.y);
  expect(found.yes!.x).toBe(found.no!.x);
  expect(found.yes!.x - found.fork!.x).toBe(found.fork!.x - found.start!.x);
});

it("does so for branches of different lengths", () => {
  const long = [edge("b", "c"), edge("c", "d"), edge("d", "e")];
  const found = tidied(edge("fork", "z", 2), edge("fork", "b", 1), edge("fork", "a", 0), ...long);
  expect(found.a!.y).toBeLessThan(found.b!.y);
  expect(found.b!.y).toBeLessThan(found.z!.y);
});
