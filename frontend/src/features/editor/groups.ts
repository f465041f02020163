/** Under which title a field of the inspector stands folded away. */
import { t } from "@lingui/core/macro";
import type { NodeType } from "@/api/types";
import { MODEL_PARAMETERS } from "./graph";

const ADVANCED = new Set([
  "retries",
  "retry_backoff_seconds",
  "retry_on",
  "timeout_seconds",
  "on_error",
  "on_unknown",
]);

/** What is seldom set stands folded away; what a component alone means by a name does not. */
export function groupOf(type: NodeType | undefined, name: string): string | undefined {
  const fields = type?.config_schema.properties ?? {};
  if (fields[name]?.location === "trigger_config") return undefined;
  if (ADVANCED.has(name)) return t`Retries, time-out, errors`;
  const ofModel =
    "model_name" in fields &&
    (MODEL_PARAMETERS.includes(name) || name.startsWith("price_") || name === "fallbacks");
  if (type?.attaches_as === "llm") return ofModel ? t`Parameters, prices, fallbacks` : undefined;
  if (ofModel || name === "llm_credential_id" || name === "model_name")
    return t`A model of its own, in place of an attached one`;
  return name === "is_active" || name === "priority" ? t`Whether and when it takes events` : undefined;
}
