/** What expressions of a node can name, and where in the last run its values are. Pure. */
import { t } from "@lingui/core/macro";
import type { NodeType } from "@/api/types";
import { pathsIn, type Name } from "@/components/forms/completion";
import type { Graph, Link } from "./graph";

type Drawn = Pick<Graph, "nodes" | "edges">;

/** The nodes from which a path leads to this one, the nearest first, and the loops around it. */
export function ancestors({ nodes, edges }: Drawn, nodeId: string): string[] {
  const found: string[] = [];
  const todo = [nodeId];
  while (todo.length) {
    const id = todo.shift()!;
    for (const link of Object.values(edges)) {
      const leads = link.target === id && ["", "error", "loop_body"].includes(link.label);
      if (leads && !found.includes(link.source) && link.source !== nodeId && nodes[link.source]) {
        found.push(link.source);
        todo.push(link.source);
      }
    }
  }
  return found;
}

/** The links into the bodies that a node lies in, the innermost first. */
export function bodiesAround(graph: Drawn, nodeId: string): Link[] {
  const links = Object.values(graph.edges).filter((link) => link.label === "loop_body");
  const way = [nodeId, ...ancestors(graph, nodeId)];
  return way.flatMap((id) => links.filter((link) => link.target === id && graph.nodes[link.source]));
}

export interface Variable {
  path: string;
  of: string;
  port: string;
  type: string;
}

export function variablesOf(graph: Drawn, types: Map<string, NodeType>, nodeId: string): Variable[] {
  const { nodes } = graph;
  const before = ancestors(graph, nodeId);
  const of = (id: string) => types.get(nodes[id]!.component_type);
  const ports = (id: string, root: string) =>
    of(id)?.outputs.map(({ name, data_type }) => ({
      path: `${root}.${name}`,
      of: root,
      port: name,
      type: data_type.toLowerCase(),
    })) ?? [];
  const around = bodiesAround(graph, nodeId).map((link) => link.source);
  const isStep = (id: string) => !of(id)?.is_trigger && !around.includes(id);
  const steps = before.filter(isStep).flatMap((id) => ports(id, id));
  const trigger = before.filter((id) => of(id)?.is_trigger).flatMap((id) => ports(id, "trigger"));
  const loop = around.length
    ? LOOP.map(([port, type]) => ({ path: `loop.${port}`, of: "loop", port, type }))
    : [];
  const calls = Object.entries(nodes)
    .filter(([id, node]) => id !== nodeId && node.config["callback"] === true)
    .map(([id]) => ({ path: `${CALLS}.${id}`, of: CALLS, port: id, type: t`the address to call` }));
  const all = [...loop, ...steps, ...trigger, ...ofRun(), ...calls];
  return all.filter((one, index) => all.findIndex((other) => other.path === one.path) === index);
}

export const RUN = "execution";
const ofRun = (): Variable[] =>
  [
    ["id", t`of this run`] as const,
    ["started_at", t`when it began`] as const,
    ["idempotency_key", t`the same in each attempt`] as const,
  ].map(([port, type]) => ({ path: `${RUN}.${port}`, of: RUN, port, type }));
const CALLS = "execution.callback_urls";
const LOOP = [
  ["item", "any"],
  ["index", "number"],
  ["total", "number"],
] as const;
const always = (): Name[] => [
  { path: "workflow.slug", detail: t`of this workflow` },
  { path: "workflow.name", detail: t`of this workflow` },
  { path: "node_outputs", detail: t`all earlier steps by id` },
  { path: "inputs", detail: t`what the edges bring, by id` },
];

/** All that can be named, with the values of the last run (ports by node id) and the paths within them. */
export function namesOf(variables: Variable[], outputs: Record<string, unknown>): Name[] {
  const found = variables.flatMap((variable) => {
    const ports = outputs[variable.of] as Record<string, unknown> | null | undefined;
    const known = ports != null && typeof ports === "object" && variable.port in ports;
    return known
      ? pathsIn(variable.path, ports[variable.port])
      : [{ path: variable.path, detail: variable.type }];
  });
  return [...found, ...always()];
}
