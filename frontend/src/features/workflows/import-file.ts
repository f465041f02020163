/** What a file that somebody wants to import holds: read before it is sent, so that a slip is told at once. */
import { t } from "@lingui/core/macro";
import type { ApiError } from "@/api/client";

export interface Found {
  name: string;
  slug: string;
  description: string;
  /** How many nodes of each type, the most first. */
  types: [string, number][];
  nodes: number;
  edges: number;
  /** As it is sent. */
  body: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Raises Error with a sentence for what is no workflow. */
export function readFile(fileName: string, text: string): Found {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new Error(t`“${fileName}” is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isObject(body) || !isObject(body.workflow) || !Array.isArray(body.nodes) || !Array.isArray(body.edges))
    throw new Error(
      t`“${fileName}” is JSON, but no workflow: it lacks "workflow", "nodes" or "edges". Export one to see the form.`,
    );
  const { name, slug, description } = body.workflow;
  if (typeof name !== "string" || !name.trim())
    throw new Error(t`The workflow in “${fileName}” has no name.`);
  const counts = new Map<string, number>();
  for (const node of body.nodes) {
    const type = isObject(node) && typeof node.component_type === "string" ? node.component_type : "?";
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return {
    name,
    slug: typeof slug === "string" ? slug : "",
    description: typeof description === "string" ? description : "",
    types: [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])),
    nodes: body.nodes.length,
    edges: body.edges.length,
    body,
  };
}

/** Each thing that the server found wrong, with its place. */
export function faults(error: ApiError): string[] {
  const graph = Array.isArray(error.data.validation_errors) ? error.data.validation_errors : [];
  const sentences = graph.filter(isObject).map((fault) => String(fault.message ?? ""));
  const fields = Object.entries(error.fields).map(([field, found]) => `${field}: ${flat(found).join(" ")}`);
  return sentences.length || fields.length ? [...sentences, ...fields] : [error.message];
}

/** Field errors of lists are nested: the sentences, wherever they are. */
function flat(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(flat);
  if (isObject(value)) return Object.entries(value).map(([name, one]) => `${name}: ${flat(one).join(" ")}`);
  return [];
}
