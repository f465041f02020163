/** A recorded value, with what the server keeps apart because it is large: functions of values. */
interface Reference {
  $ref: string;
  size: number;
  preview: string;
}

export interface Part {
  /** The port, or none if the whole value is kept apart. */
  name: string;
  reference: Reference;
}

function isReference(value: unknown): value is Reference {
  return (
    typeof value === "object" && value !== null && "$ref" in value && "size" in value && "preview" in value
  );
}

/** What can be shown at once, and the parts that are loaded on request. */
export function split(value: unknown): { plain: unknown; parts: Part[] } {
  if (isReference(value)) return { plain: undefined, parts: [{ name: "", reference: value }] };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { plain: value, parts: [] };
  const entries = Object.entries(value);
  const parts = entries.flatMap(([name, one]) => (isReference(one) ? [{ name, reference: one }] : []));
  if (!parts.length) return { plain: value, parts };
  const rest = entries.filter(([, one]) => !isReference(one));
  return { plain: rest.length ? Object.fromEntries(rest) : undefined, parts };
}
