import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { get, patch, post, remove } from "@/api/client";
import type { Page as List, User } from "@/api/types";
import { useMe } from "@/app/session";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { Badge, Card, Failure, Loading, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";

export function UserList() {
  const client = useQueryClient();
  const { data: me } = useMe();
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<User | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: ["users"],
    queryFn: () => get<List<User>>("users/", { limit: 200 }),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["users"] });
  const change = useMutation({
    mutationFn: ({ id, ...fields }: { id: number; role?: string; is_active?: boolean }) =>
      patch(`users/${id}/`, fields),
    onSettled: refresh,
  });
  const drop = useMutation({ mutationFn: (id: number) => remove(`users/${id}/`), onSettled: refresh });
  return (
    <Page
      title="Users"
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          <Plus /> New user
        </Button>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Card>
          {data.items.map((user) => (
            <div
              key={user.id}
              className="flex flex-wrap items-center gap-3 border-b border-line px-3 py-2 last:border-0"
            >
              <span className="min-w-40 grow">
                <span className="font-medium">{user.username}</span>{" "}
                {!user.is_active && <Badge tone="warn">inactive</Badge>}
                <span className="block text-xs text-muted">{user.email}</span>
              </span>
              <span className="text-xs text-muted">
                {user.last_login ? (
                  <>
                    seen <When at={user.last_login} />
                  </>
                ) : (
                  "never signed in"
                )}
              </span>
              <Select
                aria-label={`Role of ${user.username}`}
                className="w-28"
                value={user.role}
                disabled={user.id === me?.id}
                onChange={(event) => change.mutate({ id: user.id, role: event.target.value })}
              >
                <option value="admin">admin</option>
                <option value="normal">normal</option>
              </Select>
              <Button
                size="sm"
                disabled={user.id === me?.id}
                onClick={() => change.mutate({ id: user.id, is_active: !user.is_active })}
              >
                {user.is_active ? "Deactivate" : "Activate"}
              </Button>
              <IconButton
                label={`Delete ${user.username}`}
                disabled={user.id === me?.id}
                onClick={() => setDeleting(user)}
              >
                <Trash2 />
              </IconButton>
            </div>
          ))}
        </Card>
      )}
      {creating && <CreateUser onClose={() => setCreating(false)} onCreated={refresh} />}
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete ${deleting?.username}?`}
        action="Delete"
        onConfirm={() => drop.mutateAsync(deleting!.id)}
      >
        Their keys stop working. Whoever owns workflows cannot be deleted: deactivate them instead.
      </Confirm>
    </Page>
  );
}

function CreateUser({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("normal");
  const create = useMutation({
    mutationFn: () => post("users/", { username, password, role }),
    onSuccess: () => {
      onCreated();
      onClose();
    },
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="New user"
      footer={
        <Button type="submit" form="create-user" variant="primary" busy={create.isPending}>
          Create
        </Button>
      }
    >
      <form id="create-user" className="flex flex-col gap-4" onSubmit={submit}>
        <Field label="Username" error={create.error?.fields.username?.[0]}>
          {(wiring) => (
            <Input
              {...wiring}
              required
              autoFocus
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <Field label="Password" error={create.error?.fields.password?.[0]} help="They can change it later.">
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="new-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Field label="Role">
          {(wiring) => (
            <Select {...wiring} value={role} onChange={(event) => setRole(event.target.value)}>
              <option value="normal">normal</option>
              <option value="admin">admin</option>
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
