/** A workflow's settings as a form: its schema, and the way from and to what the API has. */
import { t } from "@lingui/core/macro";
import type { components } from "@/api/schema";
import type { Schema, Workflow } from "@/api/types";

export type Rule = components["schemas"]["NotificationRule"];
export type Values = Record<string, unknown>;

const text = (title: string, description: string, more: Schema = {}): Schema => ({
  type: "string",
  title,
  description,
  ...more,
});
const number = (title: string, description: string, more: Schema = {}): Schema => ({
  title,
  description,
  anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }],
  ...more,
});
const flag = (title: string, description: string): Schema => ({ type: "boolean", title, description });

export const settings = (): Schema => ({
  type: "object",
  properties: {
    name: text(t`Name`, t`As it stands in lists.`, { maxLength: 200 }),
    slug: text(
      t`Address`,
      t`Small letters, digits, - and _. Webhooks, forms and API calls use it: they change with it.`,
      {
        maxLength: 200,
      },
    ),
    description: text(t`Description`, t`What it is for, for whoever finds it.`, { widget: "textarea" }),
    tags: {
      type: "array",
      items: { type: "string" },
      title: t`Tags`,
      description: t`To find it in the list.`,
    },
    is_active: flag(t`Active`, t`Its triggers start it. Inactive, only Run does.`),
    is_public: flag(t`Public`, t`Everybody who is signed in may read and run it.`),
    is_default: flag(t`Default`, t`A mark that programs can look for by the API; it changes nothing here.`),
    error_handler_workflow: text(
      t`Error handler`,
      t`The workflow that is started when this one fails; it needs an error trigger.`,
      { widget: "workflow" },
    ),
    max_execution_seconds: number(
      t`Longest run`,
      t`Seconds after which an execution fails. Empty: no limit.`,
    ),
    concurrency: number(
      t`At once`,
      t`How many executions may run at the same time; more wait. Empty: no limit.`,
    ),
    rate_limit_per_minute: number(
      t`Calls a minute`,
      t`From outside, by all its webhooks, forms and public chats together; more are refused. Empty: no limit.`,
    ),
    budget_tokens: number(t`Token budget`, t`Tokens that one execution may use. Empty: no limit.`),
    budget_usd: text(
      t`Cost budget`,
      t`US dollars that one execution may cost, such as 0.50. Empty: no limit.`,
    ),
    input_schema: {
      title: t`Input`,
      description: t`A JSON Schema that tells callers what payload to send. A manual trigger checks its own.`,
      widget: "json_schema",
    },
    output_schema: {
      title: t`Output`,
      description: t`A JSON Schema that tells callers what to expect as the final output.`,
      widget: "json_schema",
    },
  },
});

const groups = (): Record<string, string> => ({
  error_handler_workflow: t`Limits and failures`,
  max_execution_seconds: t`Limits and failures`,
  concurrency: t`Limits and failures`,
  rate_limit_per_minute: t`Limits and failures`,
  budget_tokens: t`Limits and failures`,
  budget_usd: t`Limits and failures`,
  input_schema: t`Input and output`,
  output_schema: t`Input and output`,
});
export const groupOf = (name: string): string | undefined => groups()[name];

/** What the form shows; `slugOf` names the workflow with an id. */
export function valuesOf(workflow: Workflow, slugOf: (id: number) => string | undefined): Values {
  const { error_handler_workflow_id: handler, budgets } = workflow;
  const names = Object.keys(settings().properties!).filter((name) => name in workflow);
  return {
    ...Object.fromEntries(names.map((name) => [name, workflow[name as keyof Workflow]])),
    error_handler_workflow: handler == null ? "" : (slugOf(handler) ?? String(handler)),
    budget_tokens: budgets.tokens ?? null,
    budget_usd: budgets.usd == null ? "" : String(Number(budgets.usd)),
    notifications: workflow.notifications,
  };
}

/** Only what differs, so that a change that somebody else made meanwhile stays. */
export function patchOf(before: Values, after: Values): Record<string, unknown> {
  const changed = Object.keys(after).filter(
    (name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]),
  );
  const body: Record<string, unknown> = {};
  for (const name of changed) {
    if (name === "budget_tokens" || name === "budget_usd")
      body.budgets = { tokens: after.budget_tokens, usd: after.budget_usd === "" ? null : after.budget_usd };
    else if (name === "tags") body.tags = (after.tags as string[]).map((tag) => tag.trim()).filter(Boolean);
    else body[name] = name === "error_handler_workflow" ? after[name] || null : after[name];
  }
  return body;
}

/** The server's sentences by the form's names: `budgets.usd` is `budget_usd`. Lists and nested ones are joined. */
export function faultsOf(fields: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  const put = (name: string, value: unknown) => {
    if (typeof value === "string") found[name] = [found[name], value].filter(Boolean).join(" ");
    else if (Array.isArray(value)) value.forEach((one) => put(name, one));
    else if (value && typeof value === "object")
      for (const [key, one] of Object.entries(value)) put(name === "budgets" ? `budget_${key}` : name, one);
  };
  for (const [name, value] of Object.entries(fields)) put(name.replace(/^budgets\./, "budget_"), value);
  return found;
}
