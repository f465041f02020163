/** A diff in the words of a list: a function of values. */
import type { Diff } from "./queries";

export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

export interface NodeChange {
  node_id: string;
  /** Without its place on the canvas. */
  fields: FieldChange[];
  moved: boolean;
}

export interface Changes {
  added: string[];
  removed: string[];
  changed: NodeChange[];
  /** Nodes that only stand elsewhere. */
  moved: string[];
  connected: string[];
  disconnected: string[];
  nothing: boolean;
}

const PLACE = new Set(["position_x", "position_y"]);

export function changes({ nodes, edges }: Diff): Changes {
  const all = nodes.changed.map(({ node_id, changes: found }) => ({
    node_id,
    fields: found.filter(({ field }) => !PLACE.has(field)) as FieldChange[],
    moved: found.some(({ field }) => PLACE.has(field)),
  }));
  const connected = edges.added.map(arrow);
  const disconnected = edges.removed.map(arrow);
  const total = [nodes.added, nodes.removed, nodes.changed, connected, disconnected];
  return {
    added: nodes.added,
    removed: nodes.removed,
    changed: all.filter(({ fields }) => fields.length > 0),
    moved: all.filter(({ fields }) => !fields.length).map(({ node_id }) => node_id),
    connected,
    disconnected,
    nothing: total.every((list) => list.length === 0),
  };
}

function arrow(edge: Diff["edges"]["added"][number]): string {
  const by = edge.edge_label || edge.condition_value;
  return `${edge.source_node_id} → ${edge.target_node_id}${by && ` (${by})`}`;
}

/** The name of a field as people read it: `config.system_prompt` is "system prompt". */
export function fieldName(field: string): string {
  return field.replace(/^config\./, "").replaceAll("_", " ");
}
