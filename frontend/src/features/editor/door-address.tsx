import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { get } from "@/api/client";
import type { components } from "@/api/schema";
import type { NodeType, WorkflowNode } from "@/api/types";
import { IconButton } from "@/components/ui/button";
import { copyText } from "@/lib/copy";
import { useDocument, useEditor } from "./context";
import { doorOf } from "./door";
import { configValue } from "./graph";

/** The address of a trigger that the outside calls or opens. */
export function DoorAddress({ node, type }: { node: WorkflowNode; type: NodeType | undefined }) {
  const { slug } = useEditor();
  const valueOf = (name: string) =>
    configValue(node.config, name, type?.config_schema.properties?.[name] ?? {});
  const path = doorOf(node.component_type, slug, valueOf);
  const isForm = node.component_type === "trigger_form";
  const mayAsk = useDocument((state) => state.saving === "saved" && !state.readOnly);
  const { data: link } = useQuery({
    queryKey: ["form-link", slug, node.node_id, path, valueOf("access"), valueOf("secret")],
    queryFn: ({ signal }) =>
      get<components["schemas"]["Address"]>(
        `workflows/${slug}/nodes/${node.node_id}/address/`,
        undefined,
        signal,
      ),
    enabled: isForm && mayAsk,
  });
  if (path === null) return null;
  const address = `${location.origin}${path}${link ? new URL(link.address).search : ""}`;
  return (
    <section aria-label={t`Address`} className="mb-4 flex flex-col gap-1 border-b border-line pb-3">
      <span className="font-medium">{t`Address`}</span>
      <div className="flex items-center gap-2">
        <code className="min-w-0 grow text-xs break-all">{address}</code>
        <IconButton label={t`Copy the address`} onClick={() => void copyText(address)}>
          <Copy />
        </IconButton>
      </div>
      {isForm && link?.complete === false && (
        <p className="text-xs text-muted">{t`The link ends with ?key= and your secret; without it there is no page.`}</p>
      )}
    </section>
  );
}
