import { t } from "@lingui/core/macro";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { useDocument, useEditor } from "./context";

/** Name a node. Its id, by which expressions know it, is changed in its panel. */
export function RenameDialog({ nodeId, onClose }: { nodeId: string; onClose: () => void }) {
  const { document, types } = useEditor();
  const node = useDocument((state) => state.nodes[nodeId]);
  const [name, setName] = useState(node?.label ?? "");
  if (!node) return null;
  const save = () => {
    const edit = { kind: "set_node", node_id: nodeId, patch: { label: name.trim() } } as const;
    if (name.trim() !== node.label) document.edit(t`Name a node`, [edit]);
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Rename ${node.label || nodeId}`}
      footer={
        <Button variant="primary" onClick={save}>
          {t`Rename`}
        </Button>
      }
    >
      <Field label={t`New name`} help={t`Empty: the name of its type.`}>
        {(wiring) => (
          <Input
            {...wiring}
            autoFocus
            maxLength={200}
            placeholder={types.get(node.component_type)?.label}
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && save()}
          />
        )}
      </Field>
    </Dialog>
  );
}
