import { plural, t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Badge } from "@/components/ui/misc";
import { faults, type Found } from "./import-file";
import { useImportWorkflow, useNodeTypes } from "./queries";

/** What comes with a file, before it is there. */
export function ImportDialog({ found, onClose }: { found: Found; onClose: () => void }) {
  const navigate = useNavigate();
  const { data: types } = useNodeTypes();
  const imported = useImportWorkflow();
  const [name, setName] = useState(found.name);
  const unknown = types ? found.types.filter(([type]) => !types.has(type)) : [];
  const strange = unknown.map(([type]) => t`“${type}”`).join(", ");
  const nodes = plural(found.nodes, { one: "# node", other: "# nodes" });
  const edges = plural(found.edges, { one: "# connection", other: "# connections" });
  const bring = () => {
    const body = found.body as { workflow: Record<string, unknown> };
    imported.mutate(
      { ...body, workflow: { ...body.workflow, name } },
      {
        onSuccess: (made) => {
          for (const warning of made.warnings) toast.warning(warning.message, { duration: 12_000 });
          onClose();
          void navigate({ to: "/workflows/$slug", params: { slug: made.slug } });
        },
      },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Import a workflow`}
      description={t`${nodes} and ${edges} come as a new workflow of yours.`}
      footer={
        <Button variant="primary" busy={imported.isPending} disabled={!name.trim()} onClick={bring}>
          {t`Import`}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field
          label={t`Name`}
          help={found.slug && t`Its address: ${found.slug}, or with a number if that is taken.`}
        >
          {(wiring) => (
            <Input
              {...wiring}
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {found.description && <p className="text-muted">{found.description}</p>}
        <ul aria-label={t`Nodes`} className="flex flex-wrap gap-1">
          {found.types.map(([type, many]) => (
            <li key={type}>
              <Badge tone={types && !types.has(type) ? "bad" : "neutral"}>
                {many > 1 && `${many} × `}
                {types?.get(type)?.label ?? type}
              </Badge>
            </li>
          ))}
        </ul>
        {unknown.length > 0 && (
          <p className="flex items-start gap-2 text-warn">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" />
            {t`This installation does not know ${strange}; the import will be refused.`}
          </p>
        )}
        {imported.error && (
          <ul role="alert" className="list-disc pl-5 text-bad">
            {faults(imported.error).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
