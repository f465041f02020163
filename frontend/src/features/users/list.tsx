import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Ellipsis, KeyRound, LockKeyhole, Plus, Power, Trash2 } from "lucide-react";
import { useState } from "react";
import { get, patch, remove } from "@/api/client";
import type { Page as List, User } from "@/api/types";
import { useMe } from "@/app/session";
import { Choice, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { Select } from "@/components/ui/field";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { Badge, Card, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { Keys } from "../settings/keys";
import { Agents } from "./agents";
import { CreateUser } from "./create-user";
import { PasswordDialog } from "./password-dialog";

const SIZE = 50;
const roles = () => ({ admin: t`admin`, normal: t`normal` });
type Deed = "keys" | "password" | "delete";

export function UserList() {
  const client = useQueryClient();
  const search = useSearch({ from: "/inside/users" });
  const filters = useFilters(search);
  const [creating, setCreating] = useState(false);
  const [doing, setDoing] = useState<{ what: Deed; user: User } | null>(null);
  const found = useQuery({
    queryKey: ["users", search],
    queryFn: ({ signal }) =>
      get<List<User>>(
        "users/",
        { search: search.q, role: search.role, limit: SIZE, offset: filters.page * SIZE },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["users"] });
  const drop = useMutation({ mutationFn: (id: number) => remove(`users/${id}/`), onSettled: refresh });
  const close = () => setDoing(null);
  const of = (what: Deed) => (doing?.what === what ? doing.user : null);
  return (
    <Page
      title={t`Users`}
      actions={
        found.data && (
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus /> {t`New user`}
          </Button>
        )
      }
    >
      <FilterBar filters={filters}>
        <Find filters={filters} label={t`Find users`} />
        <Choice filters={filters} name="role" label={t`Role`} any={t`Any role`} choices={roles()} />
      </FilterBar>
      <Found found={found} filters={filters} size={SIZE} empty={null}>
        {(items) => (
          <Card>
            {items.map((user) => (
              <Row key={user.id} user={user} onDeed={(what) => setDoing({ what, user })} />
            ))}
          </Card>
        )}
      </Found>
      {found.data && <Agents />}
      {creating && <CreateUser onClose={() => setCreating(false)} onCreated={() => void refresh()} />}
      {of("password") && <PasswordDialog user={of("password")!} onClose={close} />}
      <Dialog open={of("keys") !== null} onClose={close} title={t`API keys of ${of("keys")?.username ?? ""}`}>
        <Keys path={`users/${of("keys")?.id}/keys/`} warning={t`Whatever uses it is refused from then on.`} />
      </Dialog>
      <Confirm
        open={of("delete") !== null}
        onClose={close}
        title={t`Delete ${of("delete")?.username ?? ""}?`}
        action={t`Delete`}
        onConfirm={() => drop.mutateAsync(doing!.user.id)}
      >
        {t`Their keys stop working. Whoever owns workflows cannot be deleted: deactivate them instead.`}
      </Confirm>
    </Page>
  );
}

function Row({ user, onDeed }: { user: User; onDeed: (what: Deed) => void }) {
  const client = useQueryClient();
  const { data: me } = useMe();
  const self = user.id === me?.id;
  const change = useMutation({
    mutationFn: (fields: { role?: string; is_active?: boolean }) => patch(`users/${user.id}/`, fields),
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <span className="min-w-40 grow">
        <span className="font-medium">{user.username}</span> {self && <Badge tone="accent">{t`you`}</Badge>}
        {!user.is_active && <Badge tone="warn">{t`inactive`}</Badge>}
        <span className="block text-xs text-muted">{user.email}</span>
      </span>
      <span className="text-xs text-muted">
        {user.last_login ? (
          <Trans>
            seen <When at={user.last_login} />
          </Trans>
        ) : (
          t`never signed in`
        )}
      </span>
      <Select
        aria-label={t`Role of ${user.username}`}
        className="w-28"
        value={user.role}
        disabled={self || change.isPending}
        onChange={(event) => change.mutate({ role: event.target.value })}
      >
        <option value="admin">{t`admin`}</option>
        <option value="normal">{t`normal`}</option>
      </Select>
      <Menu
        trigger={
          <IconButton label={t`Actions for ${user.username}`} size="icon-sm">
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem icon={<KeyRound />} onSelect={() => onDeed("keys")}>
          {t`API keys`}
        </MenuItem>
        <MenuItem icon={<LockKeyhole />} disabled={self} onSelect={() => onDeed("password")}>
          {t`Set a password`}
        </MenuItem>
        <MenuItem
          icon={<Power />}
          disabled={self}
          onSelect={() => change.mutate({ is_active: !user.is_active })}
        >
          {user.is_active ? t`Deactivate` : t`Activate`}
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<Trash2 />} danger disabled={self} onSelect={() => onDeed("delete")}>
          {t`Delete`}
        </MenuItem>
      </Menu>
    </div>
  );
}
