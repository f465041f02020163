/** Tidy up: where nodes go, worked out in a worker, since it takes seconds for hundreds of them. */
import { t } from "@lingui/core/macro";
import type { NodeType } from "@/api/types";
import type { Graph } from "./graph";
import { attaches, handlesOf } from "./ports";
import { shapeOf } from "./shape";

export interface LayoutRequest {
  nodes: { id: string; width: number; height: number }[];
  /** `outlet`: which one of its source's outputs it leaves, from top to bottom. */
  edges: { source: string; target: string; attached: boolean; outlet: number }[];
}
export type Places = Record<string, { x: number; y: number }>;

/** New places for all nodes, or for `only` some: then their upper left corner stays where it is. */
export async function layout(
  { nodes, edges }: Graph,
  types: Map<string, NodeType>,
  only: string[] | null = null,
): Promise<Places> {
  const ids = new Set(only ?? Object.keys(nodes));
  const request: LayoutRequest = {
    nodes: [...ids].map((id) => {
      const { width, height } = shapeOf(nodes[id]!, types.get(nodes[id]!.component_type), edges);
      return { id, width, height };
    }),
    edges: Object.values(edges)
      .filter(({ source, target, label }) => ids.has(source) && ids.has(target) && label !== "loop_return")
      .map((link) => {
        const { source, target } = link;
        const { knobs } = shapeOf(nodes[source]!, types.get(nodes[source]!.component_type), edges);
        const outlet = knobs.findIndex(({ id }) => id === handlesOf(link).sourceHandle);
        return { source, target, attached: attaches(link), outlet };
      }),
  };
  const places = await workedOut(request);
  if (!only) return places;
  const before = only.map((id) => nodes[id]!);
  const dx = Math.min(...before.map((node) => node.position_x)) - least(places, "x");
  const dy = Math.min(...before.map((node) => node.position_y)) - least(places, "y");
  return Object.fromEntries(Object.entries(places).map(([id, { x, y }]) => [id, { x: x + dx, y: y + dy }]));
}

function least(places: Places, axis: "x" | "y"): number {
  return Math.min(...Object.values(places).map((place) => place[axis]));
}

function workedOut(request: LayoutRequest): Promise<Places> {
  const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Places>((resolve, reject) => {
    worker.addEventListener("message", (event) => resolve(event.data as Places));
    worker.addEventListener("error", () =>
      reject(new Error(t`The layout could not be worked out. Load the page again, or choose fewer nodes.`)),
    );
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
