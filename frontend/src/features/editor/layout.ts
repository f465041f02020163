/** Tidy up: where nodes go, worked out in a worker, since it takes seconds for hundreds of them. */
import type { Graph } from "./graph";

export interface LayoutRequest {
  nodes: { id: string; width: number; height: number }[];
  edges: { source: string; target: string; attached: boolean }[];
}
export type Places = Record<string, { x: number; y: number }>;

export function layout({ nodes, edges }: Graph): Promise<Places> {
  const request: LayoutRequest = {
    nodes: Object.keys(nodes).map((id) => ({ id, width: 208, height: 70 })),
    edges: Object.values(edges).map(({ source, target, label }) => ({
      source,
      target,
      attached: ["llm", "tool", "memory", "output_parser"].includes(label),
    })),
  };
  const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Places>((resolve, reject) => {
    worker.addEventListener("message", (event) => resolve(event.data as Places));
    worker.addEventListener("error", () => reject(new Error("The layout could not be worked out.")));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
