/** Where the outside reaches a trigger. Pure. */
const AT: Record<string, string> = {
  trigger_webhook: "/webhooks",
  trigger_form: "/forms",
  trigger_chat: "/chat",
};

/** The path of a trigger that strangers may knock at; null for all others. */
export function doorOf(kind: string, slug: string, valueOf: (name: string) => unknown): string | null {
  const root = AT[kind];
  if (!root || (kind === "trigger_chat" && !valueOf("public"))) return null;
  const path = kind === "trigger_chat" ? "" : String(valueOf("path") ?? "").replace(/^\/+|\/+$/g, "");
  return `${root}/${slug}/${path}`;
}
