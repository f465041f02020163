import { useMutation } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Log, Page } from "@/api/types";
import { Code } from "@/components/ui/misc";
import { shown } from "@/lib/format";
import { LoadAll, LongText } from "./long-text";

interface Beginning {
  /** Where the whole is kept; else it is in the log. */
  $ref?: string;
  size: number;
  preview: string;
}

/** What a step gave in an execution. Live events bring the beginning of what is large. */
export function RunOutput({
  executionId,
  nodeId,
  output,
}: {
  executionId: string | null;
  nodeId: string;
  output: unknown;
}) {
  const load = useMutation({ mutationFn: () => whole(`executions/${executionId}/`, nodeId, output) });
  const beginnings = load.data === undefined ? beginningsOf(output) : [];
  const size = beginnings.reduce((sum, one) => sum + one.size, 0);
  const text = beginnings.length
    ? beginnings.map((one) => one.preview).join("\n")
    : shown(load.data === undefined ? output : load.data);
  return (
    <Code>
      <LongText text={text} />
      {size > 0 && executionId && <LoadAll size={size} busy={load.isPending} onClick={() => load.mutate()} />}
    </Code>
  );
}

/** What there is of values that were too large to be sent: of the whole, or of some ports. */
function beginningsOf(value: unknown): Beginning[] {
  if (isBeginning(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).filter(isBeginning);
}

function isBeginning(value: unknown): value is Beginning {
  return typeof value === "object" && value !== null && "preview" in value && "size" in value;
}

/** The output with the values that are kept apart; the last recorded one, if it was sent only in part. */
async function whole(path: string, nodeId: string, output: unknown): Promise<unknown> {
  if (!isBeginning(output) || output.$ref) return resolved(path, output);
  const { total } = await get<Page<Log>>(`${path}logs/`, { limit: 1 });
  for (let end = total; end > 0; end -= 200) {
    const offset = Math.max(0, end - 200);
    const { items } = await get<Page<Log>>(`${path}logs/`, { limit: end - offset, offset });
    const log = items.findLast((one) => one.node_id === nodeId && one.output != null);
    if (log) return resolved(path, log.output);
  }
  return null;
}

async function resolved(path: string, value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("$ref" in value) return get(`${path}values/${String(value.$ref)}/`);
  const entries = Object.entries(value).map(
    async ([name, one]) => [name, await resolved(path, one)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
