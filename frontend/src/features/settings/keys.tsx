import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Plus, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { get, post, remove } from "@/api/client";
import type { Key, Page as List } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { Badge, Code, Failure, Loading, When } from "@/components/ui/misc";
import { copyText } from "@/lib/copy";
import { isPast } from "@/lib/format";

const allScopes = (): Record<string, string> => ({
  "": t`All that the account may do`,
  write: t`Look and change; no keys, passwords or users`,
  read: t`Only look`,
});
const spans = (): Record<string, string> => ({
  "": t`Never`,
  "7": t`In a week`,
  "30": t`In 30 days`,
  "90": t`In 90 days`,
  "365": t`In a year`,
});
const DAY_MS = 86_400_000;

interface Props {
  /** Where the keys are in the API: the caller's own, or those of somebody else. */
  path: string;
  /** Said when one is revoked. */
  warning: string;
}

/** API keys: made, shown once, revoked. */
export function Keys({ path, warning }: Props) {
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [fresh, setFresh] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: ["keys", path],
    queryFn: () => get<List<Key>>(path, { limit: 200 }),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["keys", path] });
  const revoke = useMutation({ mutationFn: (id: number) => remove(`${path}${id}/`), onSettled: refresh });
  const usable = data?.items.filter((key) => !key.revoked_at) ?? [];
  return (
    <>
      <Button size="sm" className="mb-2" onClick={() => setCreating(true)}>
        <Plus /> {t`New key`}
      </Button>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !usable.length && <p className="text-muted">{t`No key yet.`}</p>}
      <ul>
        {usable.map((key) => (
          <Row key={key.id} shown={key} onRevoke={() => setRevoking(key)} />
        ))}
      </ul>
      {creating && (
        <CreateKey
          path={path}
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreating(false);
            setFresh(key);
            void refresh();
          }}
        />
      )}
      <Dialog
        open={fresh !== null}
        onClose={() => setFresh(null)}
        title={t`The new key`}
        description={t`It is shown this once: copy it now.`}
      >
        <Code>{fresh}</Code>
        <Button className="mt-3" onClick={() => void copyText(fresh ?? "")}>
          <Copy /> {t`Copy`}
        </Button>
      </Dialog>
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t`Revoke “${revoking?.name ?? ""}”?`}
        action={t`Revoke`}
        onConfirm={() => revoke.mutateAsync(revoking!.id)}
      >
        {warning}
      </Confirm>
    </>
  );
}

function Row({ shown: key, onRevoke }: { shown: Key; onRevoke: () => void }) {
  const expired = key.expires_at !== null && isPast(key.expires_at);
  const scopes = Array.isArray(key.scopes) ? (key.scopes as string[]) : [];
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line py-2">
      <span className="min-w-40 grow">
        {key.name} <span className="font-mono text-xs text-muted">{key.prefix}…</span>
      </span>
      {scopes.map((scope) => (
        <Badge key={scope} title={allScopes()[scope]}>
          {scope}
        </Badge>
      ))}
      <span className="text-xs text-muted">
        {expired && <Badge tone="warn">{t`expired`}</Badge>}
        {!expired && key.expires_at && (
          <Trans>
            expires <When at={key.expires_at} />
          </Trans>
        )}
      </span>
      <span className="text-xs text-muted">
        {key.last_used_at ? (
          <Trans>
            used <When at={key.last_used_at} />
          </Trans>
        ) : (
          t`never used`
        )}
      </span>
      <IconButton label={t`Revoke ${key.name}`} onClick={onRevoke}>
        <Trash2 />
      </IconButton>
    </li>
  );
}

interface CreateProps {
  path: string;
  onClose: () => void;
  onCreated: (key: string) => void;
}

function CreateKey({ path, onClose, onCreated }: CreateProps) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState("");
  const [days, setDays] = useState("90");
  const create = useMutation({
    mutationFn: () =>
      post<{ key: string }>(path, {
        name,
        scopes: scope ? [scope] : [],
        expires_at: days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null,
      }),
    onSuccess: ({ key }) => onCreated(key),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const options = (of: Record<string, string>) =>
    Object.entries(of).map(([value, label]) => (
      <option key={value} value={value}>
        {label}
      </option>
    ));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`New API key`}
      footer={
        <Button
          type="submit"
          form="create-key"
          variant="primary"
          disabled={!name.trim()}
          busy={create.isPending}
        >
          {t`Create`}
        </Button>
      }
    >
      <form id="create-key" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={t`What is it for?`}>
          {(wiring) => (
            <Input
              {...wiring}
              autoFocus
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t`May do`} help={t`Give a program no more than it needs.`}>
          {(wiring) => (
            <Select {...wiring} value={scope} onChange={(event) => setScope(event.target.value)}>
              {options(allScopes())}
            </Select>
          )}
        </Field>
        <Field label={t`Expires`}>
          {(wiring) => (
            <Select {...wiring} value={days} onChange={(event) => setDays(event.target.value)}>
              {options(spans())}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
