import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2, UserPlus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { get, post, remove } from "@/api/client";
import type { components } from "@/api/schema";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { Failure, Loading, When } from "@/components/ui/misc";
import { useWorkflow } from "./queries";
import { lookOnly, mayChange } from "./standing";

type Collaborator = components["schemas"]["Collaborator"];
type Role = Collaborator["role"];
const rights = (): Record<Role, string> => ({ viewer: t`may look and run`, editor: t`may change` });

/** Who besides its owner works on a workflow. */
export function CollaboratorsDialog({ slug, onClose }: { slug: string; onClose: () => void }) {
  const client = useQueryClient();
  const { data: workflow } = useWorkflow(slug);
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const { data, error, refetch } = useQuery({
    queryKey: ["collaborators", slug],
    queryFn: () => get<Collaborator[]>(`workflows/${slug}/collaborators/`),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["collaborators", slug] });
  const set = useMutation({
    mutationFn: (given: { username: string; role: Role }) => post(`workflows/${slug}/collaborators/`, given),
    onSuccess: () => setUsername(""),
    onSettled: refresh,
    meta: { quiet: true },
  });
  const drop = useMutation({
    mutationFn: (name: string) => remove(`workflows/${slug}/collaborators/${encodeURIComponent(name)}/`),
    onSettled: refresh,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ username: username.trim(), role });
  };
  const locked = !mayChange(workflow);
  const roles = Object.entries(rights()).map(([name, label]) => (
    <option key={name} value={name}>
      {label}
    </option>
  ));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Collaborators`}
      description={
        workflow &&
        (workflow.is_public
          ? t`It belongs to ${workflow.owner}. Everybody may read it.`
          : t`It belongs to ${workflow.owner}.`)
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.length && <p className="mb-4 text-muted">{t`Nobody else works on it yet.`}</p>}
      <ul className="mb-4">
        {data?.map((one) => (
          <li key={one.username} className="flex items-center gap-2 border-b border-line py-2 last:border-0">
            <span className="min-w-0 grow truncate font-medium">{one.username}</span>
            <span className="hidden text-xs text-muted sm:inline">
              <Trans>
                since <When at={one.created_at} />
              </Trans>
            </span>
            <Select
              aria-label={t`Role of ${one.username}`}
              className="w-44"
              disabled={locked}
              value={one.role}
              onChange={(event) => set.mutate({ username: one.username, role: event.target.value as Role })}
            >
              {roles}
            </Select>
            {!locked && (
              <IconButton label={t`Remove ${one.username}`} onClick={() => drop.mutate(one.username)}>
                <Trash2 />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {workflow && locked && <p className="text-muted">{lookOnly()}</p>}
      <form className="flex flex-wrap items-start gap-2" hidden={locked} onSubmit={submit}>
        <Field
          label={t`Username`}
          className="min-w-40 grow"
          error={set.error ? (set.error.fields.username?.[0] ?? set.error.message) : undefined}
        >
          {(wiring) => (
            <Input
              {...wiring}
              required
              autoComplete="off"
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <Field label={t`Role`} className="w-44">
          {(wiring) => (
            <Select {...wiring} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {roles}
            </Select>
          )}
        </Field>
        <Button type="submit" className="mt-6" busy={set.isPending} disabled={!username.trim()}>
          <UserPlus /> {t`Add`}
        </Button>
      </form>
    </Dialog>
  );
}
