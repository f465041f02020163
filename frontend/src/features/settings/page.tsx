import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Plus, Send, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { toast } from "sonner";
import { get, patch, post, remove } from "@/api/client";
import type { Key, Page as List, User } from "@/api/types";
import { useMe } from "@/app/session";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Card, Code, Loading, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { TimezoneInput } from "@/components/ui/timezone";

export function SettingsPage() {
  const { data: me } = useMe();
  if (!me) return <Loading />;
  return (
    <Page title="Settings">
      <div className="flex max-w-2xl flex-col gap-6">
        <Profile key={me.id} me={me} />
        <Keys />
        <Telegram me={me} />
      </div>
    </Page>
  );
}

function Profile({ me }: { me: User }) {
  const client = useQueryClient();
  const [email, setEmail] = useState(me.email);
  const [timezone, setTimezone] = useState(me.timezone);
  const save = useMutation({
    mutationFn: () => patch<User>("auth/me/", { email, timezone }),
    onSuccess: (user) => {
      client.setQueryData(["me"], user);
      toast.success("Saved.");
    },
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Card className="p-4">
      <h2 className="mb-3 text-base font-semibold">Profile</h2>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label="Mail address"
          error={save.error?.fields.email?.[0]}
          help="Where questions of workflows reach you."
        >
          {(wiring) => (
            <Input
              {...wiring}
              type="email"
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field label="Time zone" error={save.error?.fields.timezone?.[0]}>
          {(wiring) => (
            <TimezoneInput
              {...wiring}
              value={timezone}
              onChange={(event) => setTimezone(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" className="self-start" busy={save.isPending}>
          Save
        </Button>
      </form>
    </Card>
  );
}

function Keys() {
  const client = useQueryClient();
  const [name, setName] = useState<string | null>(null);
  const [fresh, setFresh] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const { data } = useQuery({
    queryKey: ["keys"],
    queryFn: () => get<List<Key>>("auth/me/keys/", { limit: 200 }),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["keys"] });
  const create = useMutation({
    mutationFn: () => post<{ key: string }>("auth/me/keys/", { name }),
    onSuccess: ({ key }) => {
      setName(null);
      setFresh(key);
      void refresh();
    },
  });
  const revoke = useMutation({
    mutationFn: (id: number) => remove(`auth/me/keys/${id}/`),
    onSettled: refresh,
  });
  const usable = data?.items.filter((key) => !key.revoked_at) ?? [];
  return (
    <Card className="p-4">
      <div className="mb-3 flex items-center">
        <h2 className="grow text-base font-semibold">API keys</h2>
        <Button size="sm" onClick={() => setName("")}>
          <Plus /> New key
        </Button>
      </div>
      {!data && <Loading />}
      {usable.map((key) => (
        <div key={key.id} className="flex items-center gap-3 border-t border-line py-2">
          <span className="grow">
            {key.name} <span className="font-mono text-xs text-muted">{key.prefix}…</span>
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
          <IconButton label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>
            <Trash2 />
          </IconButton>
        </div>
      ))}
      <Dialog
        open={name !== null}
        onClose={() => setName(null)}
        title="New API key"
        footer={
          <Button
            variant="primary"
            disabled={!name?.trim()}
            busy={create.isPending}
            onClick={() => create.mutate()}
          >
            Create
          </Button>
        }
      >
        <Field label="What is it for?">
          {(wiring) => (
            <Input
              {...wiring}
              autoFocus
              maxLength={100}
              value={name ?? ""}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
      </Dialog>
      <Dialog
        open={fresh !== null}
        onClose={() => setFresh(null)}
        title="Your new key"
        description="It is shown this once: copy it now."
      >
        <Code>{fresh}</Code>
        <Button
          className="mt-3"
          onClick={() =>
            void navigator.clipboard?.writeText(fresh ?? "").then(() => toast.success("Copied."))
          }
        >
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
        Whatever uses it is refused from then on. If it is the one of this browser, you sign in again.
      </Confirm>
    </Card>
  );
}

function Telegram({ me }: { me: User }) {
  const client = useQueryClient();
  const link = useMutation({ mutationFn: () => post<{ code: string }>("auth/me/telegram/") });
  const unlink = useMutation({
    mutationFn: () => remove("auth/me/telegram/"),
    onSuccess: () => client.invalidateQueries({ queryKey: ["me"] }),
  });
  return (
    <Card className="p-4">
      <h2 className="mb-1 text-base font-semibold">Telegram</h2>
      <p className="mb-3 text-muted">
        {me.telegram_user_id
          ? `Linked to account ${me.telegram_user_id}: questions to you go there.`
          : "Link your account, and bots of workflows know you and ask you there."}
      </p>
      {me.telegram_user_id ? (
        <Button busy={unlink.isPending} onClick={() => unlink.mutate()}>
          Unlink
        </Button>
      ) : (
        <Button busy={link.isPending} onClick={() => link.mutate()}>
          <Send /> Get a code
        </Button>
      )}
      {link.data && (
        <div className="mt-3">
          <p className="mb-1">Send this to a bot within ten minutes:</p>
          <Code>{`/link ${link.data.code}`}</Code>
        </div>
      )}
    </Card>
  );
}
