import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { get, patch, post } from "@/api/client";
import type { Credential, Page, Schema } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { SchemaForm } from "@/components/forms/schema-form";

interface Kind {
  credential_type: string;
  label: string;
  description: string;
  schema: Schema;
}

export function useKinds() {
  return useQuery({
    queryKey: ["credential-kinds"],
    queryFn: async () => (await get<Page<Kind>>("credentials/kinds/", { limit: 200 })).items,
    staleTime: Infinity,
  });
}

interface Props {
  credential: Credential | null;
  /** Of which kind a new one has to be; without it that is asked. */
  kind?: string;
  onSaved?: (credential: Credential) => void;
  onClose: () => void;
}

/** The form of a kind's schema. Secrets are shown masked; a mask that is sent back changes nothing. */
export function CredentialDialog({ credential, kind: only, onSaved, onClose }: Props) {
  const client = useQueryClient();
  const { data: kinds } = useKinds();
  const [type, setType] = useState(credential?.credential_type ?? only ?? "llm");
  const [name, setName] = useState(credential?.name ?? "");
  const [detail, setDetail] = useState<Record<string, unknown>>(
    (credential?.detail as Record<string, unknown>) ?? {},
  );
  const kind = kinds?.find((one) => one.credential_type === type);
  const save = useMutation({
    mutationFn: () =>
      credential
        ? patch<Credential>(`credentials/${credential.id}/`, { name, detail })
        : post<Credential>("credentials/", { name, credential_type: type, detail }),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["credentials"] }); // where it is chosen it is to have a name
      onSaved?.(saved);
      onClose();
    },
    meta: { quiet: true },
  });
  const errors = Object.fromEntries(
    Object.entries(save.error?.fields ?? {}).map(([field, sentences]) => [
      field.replace(/^detail\./, ""),
      sentences[0] ?? "",
    ]),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={credential ? t`Edit “${credential.name}”` : t`New credential`}
      description={kind?.description}
      footer={
        <Button
          type="submit"
          form="credential"
          variant="primary"
          busy={save.isPending}
          disabled={!name.trim()}
        >
          {t`Save`}
        </Button>
      }
    >
      <form id="credential" className="flex flex-col gap-4" onSubmit={submit}>
        {!credential && !only && (
          <Field label={t`Kind`}>
            {(wiring) => (
              <Select
                {...wiring}
                value={type}
                onChange={(event) => {
                  setType(event.target.value);
                  setDetail({});
                }}
              >
                {kinds?.map((one) => (
                  <option key={one.credential_type} value={one.credential_type}>
                    {one.label}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Field label={t`Name`} error={errors.name}>
          {(wiring) => (
            <Input
              {...wiring}
              required
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {kind && (
          <SchemaForm
            key={type}
            schema={kind.schema}
            value={(field, schema) => detail[field] ?? schema.default}
            onChange={(field, _schema, value) => setDetail({ ...detail, [field]: value })}
            errors={errors}
          />
        )}
        {save.error && !Object.keys(save.error.fields).length && (
          <p role="alert" className="text-bad">
            {save.error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}
