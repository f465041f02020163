import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { get, patch } from "@/api/client";
import type { Workflow } from "@/api/types";
import { SchemaForm } from "@/components/forms/schema-form";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Failure, Loading } from "@/components/ui/misc";
import { NotificationRules } from "./notification-rules";
import { useWorkflows } from "./queries";
import { lookOnly, mayChange } from "./standing";
import { faultsOf, groupOf, patchOf, settings, valuesOf, type Rule } from "./settings";

interface Props {
  slug: string;
  onClose: () => void;
  /** The workflow has another address now. */
  onMoved?: (slug: string) => void;
}

/** Everything about a workflow besides its graph. */
export function SettingsDialog({ slug, onClose, onMoved }: Props) {
  const { data: others } = useWorkflows({ limit: 200 });
  const { data, error } = useQuery({
    queryKey: ["workflow", slug, "settings"],
    queryFn: () => get<Workflow>(`workflows/${slug}/`),
    gcTime: 0,
    staleTime: Infinity,
  });
  if (data && others)
    return <Form workflow={data} others={others.items} onClose={onClose} onMoved={onMoved} />;
  return (
    <Dialog open onClose={onClose} title={t`Settings`}>
      {error ? <Failure error={error} /> : <Loading />}
    </Dialog>
  );
}

interface FormProps extends Omit<Props, "slug"> {
  workflow: Workflow;
  others: Workflow[];
}

function Form({ workflow, others, onClose, onMoved }: FormProps) {
  const client = useQueryClient();
  const [before] = useState(() => valuesOf(workflow, (id) => others.find((one) => one.id === id)?.slug));
  const [values, setValues] = useState(before);
  const changes = patchOf(before, values);
  const locked = !mayChange(workflow);
  const save = useMutation({
    mutationFn: () => patch<Workflow>(`workflows/${workflow.slug}/`, changes),
    onSuccess: (saved) => {
      toast.success(t`Saved.`);
      void client.invalidateQueries({ queryKey: ["workflows"] });
      void client.invalidateQueries({ queryKey: ["workflow", saved.slug] });
      onClose();
      if (saved.slug !== workflow.slug) onMoved?.(saved.slug);
    },
    meta: { quiet: true },
  });
  const faults = faultsOf(save.error?.fields ?? {});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Settings of “${workflow.name}”`}
      description={locked ? lookOnly() : undefined}
      className="w-[min(44rem,calc(100vw-2rem))]"
      footer={
        <>
          <Button onClick={onClose}>{locked ? t`Close` : t`Cancel`}</Button>
          {!locked && (
            <Button
              type="submit"
              form="workflow-settings"
              variant="primary"
              busy={save.isPending}
              disabled={!Object.keys(changes).length}
            >
              {t`Save`}
            </Button>
          )}
        </>
      }
    >
      <form id="workflow-settings" onSubmit={submit}>
        <fieldset disabled={locked} className="contents">
          <SchemaForm
            schema={settings()}
            value={(name, field) => values[name] ?? field.default}
            onChange={(name, _field, value) => setValues({ ...values, [name]: value })}
            errors={faults}
            groupOf={groupOf}
          />
          <NotificationRules
            rules={values.notifications as Rule[]}
            fault={faults.notifications}
            onChange={(notifications) => setValues({ ...values, notifications })}
          />
        </fieldset>
        {save.error && (
          <p role="alert" className="mt-3 text-bad">
            {save.error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}
