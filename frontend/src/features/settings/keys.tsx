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

const SCOPES: Record<string, string> = {
  "": "All that the account may do",
  write: "Look and change; no keys, passwords or users",
  read: "Only look",
};
const DAYS: Record<string, string> = {
  "": "Never",
  "7": "In a week",
  "30": "In 30 days",
  "90": "In 90 days",
  "365": "In a year",
};
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
        <Plus /> New key
      </Button>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !usable.length && <p className="text-muted">No key yet.</p>}
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
        title="The new key"
        description="It is shown this once: copy it now."
      >
        <Code>{fresh}</Code>
        <Button className="mt-3" onClick={() => void copyText(fresh ?? "")}>
          <Copy /> Copy
        </Button>
      </Dialog>
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke “${revoking?.name}”?`}
        action="Revoke"
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
        <Badge key={scope} title={SCOPES[scope]}>
          {scope}
        </Badge>
      ))}
      <span className="text-xs text-muted">
        {expired ? <Badge tone="warn">expired</Badge> : key.expires_at && "expires "}
        {!expired && <When at={key.expires_at} />}
      </span>
      <span className="text-xs text-muted">
        {key.last_used_at ? (
          <>
            used <When at={key.last_used_at} />
          </>
        ) : (
          "never used"
        )}
      </span>
      <IconButton label={`Revoke ${key.name}`} onClick={onRevoke}>
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
      title="New API key"
      footer={
        <Button
          type="submit"
          form="create-key"
          variant="primary"
          disabled={!name.trim()}
          busy={create.isPending}
        >
          Create
        </Button>
      }
    >
      <form id="create-key" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label="What is it for?">
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
        <Field label="May do" help="Give a program no more than it needs.">
          {(wiring) => (
            <Select {...wiring} value={scope} onChange={(event) => setScope(event.target.value)}>
              {options(SCOPES)}
            </Select>
          )}
        </Field>
        <Field label="Expires">
          {(wiring) => (
            <Select {...wiring} value={days} onChange={(event) => setDays(event.target.value)}>
              {options(DAYS)}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
