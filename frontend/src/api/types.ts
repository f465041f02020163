/** Names for the shapes of the generated schema, and what it leaves open. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Workflow = Schemas["Workflow"];
export type WorkflowDetail = Schemas["WorkflowDetail"];
export type Credential = Schemas["Credential"];
export type User = Schemas["User"];
export type Key = Schemas["Key"];
export type Execution = Schemas["Execution"];
export type ExecutionDetail = Schemas["ExecutionDetail"];
export type Log = Schemas["Log"];
export type Task = Schemas["Task"];
export type ExecutionStatus = Schemas["ExecutionStatusEnum"];

export interface Page<T> {
  items: T[];
  total: number;
}

export interface Port {
  name: string;
  data_type: string;
  required: boolean;
  description: string;
  filled_by: string[];
}

export interface Attachment {
  label: string;
  required: boolean;
  many: boolean;
  description: string;
}

/** A JSON Schema with the hints of our fields. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  widget?: string;
  /** What each choice of an enum means. */
  words?: Record<string, string>;
  secret?: boolean;
  expression?: boolean;
  location?: "extra_config" | "trigger_config";
}

export interface NodeType {
  component_type: string;
  label: string;
  description: string;
  docs: string;
  category: string;
  icon: string;
  color: string;
  version: number;
  inputs: Port[];
  outputs: Port[];
  attachments: Attachment[];
  attaches_as: string | null;
  executable: boolean;
  is_trigger: boolean;
  effect: string;
  forks: boolean;
  loops: boolean;
  config_schema: Schema;
}

export interface Warning {
  code: string;
  message: string;
  node_id?: string;
  field?: string;
}

export interface WorkflowNode {
  id: number;
  node_id: string;
  component_type: string;
  label: string;
  position_x: number;
  position_y: number;
  interrupt_before: boolean;
  interrupt_after: boolean;
  config: Config;
  revision: number;
  warnings: Warning[];
  updated_at?: string;
}

/** A node's config on the wire: some fields at the top, the component's own in `extra_config` or `trigger_config`. */
export type Config = Record<string, unknown> & {
  extra_config?: Record<string, unknown>;
  trigger_config?: Record<string, unknown>;
};

export interface WorkflowEdge {
  id: number;
  source_node_id: string;
  target_node_id: string;
  edge_type: string;
  edge_label: string;
  condition_value: string;
  priority: number;
  revision: number;
}
