import { t } from "@lingui/core/macro";
import type { WorkflowNode } from "@/api/types";
import { Code } from "@/components/ui/misc";
import { LongText } from "./long-text";

/** A node of a type that this editor has never heard of: what it is, as it is. */
export function UnknownConfig({ node }: { node: WorkflowNode }) {
  return (
    <section className="flex flex-col gap-2">
      <p className="rounded-md bg-warn/10 p-2 text-sm text-warn">
        {t`No component of type “${node.component_type}” is known here. Its config is kept as it is; it can be moved, named and deleted, but not changed or run. If the component was installed just now, load the page again.`}
      </p>
      <h3 className="text-xs font-semibold text-muted uppercase">{t`Config`}</h3>
      <Code>
        <LongText text={JSON.stringify(node.config, null, 2)} />
      </Code>
    </section>
  );
}
