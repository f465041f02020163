import { Handle, Position } from "@xyflow/react";
import { useShallow } from "zustand/react/shallow";
import type { WorkflowNode } from "@/api/types";
import { Code } from "@/components/ui/misc";
import { useDocument } from "./context";
import { LongText } from "./long-text";
import { handlesOf } from "./ports";

/** Handles for the edges that a node of an unknown type has: they are shown, and kept. */
export function UnknownHandles({ nodeId }: { nodeId: string }) {
  const used = useDocument(
    useShallow((state) => {
      const ends = Object.values(state.edges).flatMap((link) => {
        const { sourceHandle, targetHandle } = handlesOf(link);
        if (link.source === nodeId) return [`source ${sourceHandle}`];
        return link.target === nodeId ? [`target ${targetHandle}`] : [];
      });
      return [...new Set(ends)].sort();
    }),
  );
  return used.map((end, index) => {
    const [type, id] = [end.split(" ", 1)[0] as "source" | "target", end.slice(7)];
    return (
      <Handle
        key={end}
        type={type}
        id={id}
        isConnectable={false}
        position={type === "source" ? Position.Right : Position.Left}
        style={{ top: 26 + 10 * index }}
      />
    );
  });
}

/** A node of a type that this editor has never heard of: what it is, as it is. */
export function UnknownConfig({ node }: { node: WorkflowNode }) {
  return (
    <section className="flex flex-col gap-2">
      <p className="rounded-md bg-warn/10 p-2 text-sm text-warn">
        No component of type “{node.component_type}” is known here. Its config is kept as it is; it can be
        moved, named and deleted, but not changed or run. If the component was installed just now, load the
        page again.
      </p>
      <h3 className="text-xs font-semibold text-muted uppercase">Config</h3>
      <Code>
        <LongText text={JSON.stringify(node.config, null, 2)} />
      </Code>
    </section>
  );
}
