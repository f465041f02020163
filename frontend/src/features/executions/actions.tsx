import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  CircleStop,
  Copy,
  Ellipsis,
  FlaskConical,
  GitCompare,
  History,
  PencilLine,
  RotateCcw,
  RotateCw,
} from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { post } from "@/api/client";
import type { ExecutionDetail } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { copyText } from "@/lib/copy";
import { shortId, shown } from "@/lib/format";
import { download } from "../workflows/download";
import { EditInput } from "./edit-dialogs";
import { UNFINISHED, useDeed, useRerun } from "./queries";

/** What can be done with an execution as a whole. */
export function Actions({ execution, onCompare }: { execution: ExecutionDetail; onCompare: () => void }) {
  const navigate = useNavigate();
  const id = execution.execution_id;
  const cancel = useDeed(id, "cancel");
  const retry = useDeed(id, "retry");
  const rerun = useRerun(id);
  const [editing, setEditing] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const save = useMutation({
    mutationFn: () => post(`executions/${id}/test-case/`),
    onSuccess: (found) => {
      const name = `${execution.workflow_slug}-${shortId(id)}.json`;
      download(name, found);
      toast.success(t`Downloaded ${name}: this input, and the output that is expected again.`);
    },
  });
  const ended = !UNFINISHED.has(execution.status);
  const again = () =>
    rerun.mutate(
      {},
      {
        onSuccess: ({ execution_id }) =>
          void navigate({ to: "/executions/$id", params: { id: execution_id } }),
      },
    );
  return (
    <>
      {!ended && (
        <Button variant="danger" busy={cancel.isPending} onClick={() => setCancelling(true)}>
          <CircleStop /> {t`Stop the run`}
        </Button>
      )}
      <Confirm
        open={cancelling && !ended}
        onClose={() => setCancelling(false)}
        title={t`Stop this run?`}
        action={t`Stop it`}
        onConfirm={() => cancel.mutateAsync()}
      >
        {t`What runs is stopped, with the executions that it called; what was done stays done. It can only be run again from its start or a step.`}
      </Confirm>
      {execution.status === "failed" && (
        <Button
          variant="primary"
          busy={retry.isPending}
          onClick={() => retry.mutate()}
          title={t`From the step that failed; what succeeded stays`}
        >
          <RotateCw /> {t`Retry`}
        </Button>
      )}
      {ended && (
        <Button busy={rerun.isPending} onClick={again} title={t`A new execution with the same input`}>
          <RotateCcw /> {t`Run again`}
        </Button>
      )}
      <Menu
        trigger={
          <IconButton label={t`More`} variant="secondary" busy={save.isPending}>
            {!save.isPending && <Ellipsis />}
          </IconButton>
        }
      >
        <MenuItem icon={<PencilLine />} onSelect={() => setEditing(true)}>
          {t`Run with another input`}
        </MenuItem>
        <MenuItem icon={<GitCompare />} onSelect={onCompare}>
          {t`Compare with another run`}
        </MenuItem>
        <MenuItem
          icon={<History />}
          onSelect={() =>
            void navigate({
              to: "/workflows/$slug/versions",
              params: { slug: execution.workflow_slug },
              search: { from: execution.version ?? undefined },
            })
          }
        >
          {t`Versions of the workflow`}
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<FlaskConical />} disabled={!ended} onSelect={() => save.mutate()}>
          {t`Download as test case`}
        </MenuItem>
        <MenuItem icon={<Copy />} onSelect={() => void copyText(shown(execution))}>
          {t`Copy as JSON`}
        </MenuItem>
      </Menu>
      {editing && <EditInput execution={execution} onClose={() => setEditing(false)} />}
    </>
  );
}
