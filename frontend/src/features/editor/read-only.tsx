import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Badge } from "@/components/ui/misc";
import { useDuplicateWorkflow } from "../workflows/queries";
import { useDocument, useEditor } from "./context";

/** For those who may look but not change: says so, and offers a copy of their own. */
export function ReadOnly() {
  const { slug } = useEditor();
  const readOnly = useDocument((state) => state.readOnly);
  const navigate = useNavigate();
  const duplicate = useDuplicateWorkflow();
  if (!readOnly) return null;
  const copy = () =>
    duplicate.mutate(slug, {
      onSuccess: (made) => void navigate({ to: "/workflows/$slug", params: { slug: made.slug } }),
    });
  return (
    <>
      <Badge tone="warn">
        <Lock className="size-3" /> {t`Read only`}
      </Badge>
      <Button
        variant="ghost"
        size="sm"
        busy={duplicate.isPending}
        title={t`You may look at this workflow, but not change it. A copy is yours.`}
        onClick={copy}
      >
        {t`Duplicate it to make changes`}
      </Button>
    </>
  );
}
