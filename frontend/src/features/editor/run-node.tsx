import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { toast } from "sonner";
import { post } from "@/api/client";
import type { NodeType } from "@/api/types";
import { tell } from "@/app/queries";
import { IconButton } from "@/components/ui/button";
import { useDocument, useEditor, type Editor } from "./context";
import { follow } from "./runs";

/** Run one node as drafted, with the inputs of the last run. */
export async function runNode({ slug, document, runs }: Editor, id: string): Promise<void> {
  try {
    const path = `workflows/${slug}/nodes/${id}/run/`;
    const { execution_id } = await post<{ execution_id: string }>(path, {}, { once: document.edition });
    follow(runs, execution_id);
    toast.message(t`Running "${id}" alone.`, { duration: 2000 });
  } catch (error) {
    tell(error as Error);
  }
}

export function RunNode({ nodeId, type }: { nodeId: string; type: NodeType | undefined }) {
  const editor = useEditor();
  const run = useMutation({ mutationFn: () => runNode(editor, nodeId) });
  const readOnly = useDocument((state) => state.readOnly);
  if (readOnly || !type?.executable || type.is_trigger) return null;
  return (
    <IconButton
      label={t`Run this node alone, with the inputs of the last run`}
      busy={run.isPending}
      onClick={() => run.mutate()}
    >
      <Play />
    </IconButton>
  );
}
