import { t } from "@lingui/core/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { get, remove } from "@/api/client";
import type { Credential, Page as List } from "@/api/types";
import { Choice, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Card, Empty, Loading } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { CredentialDialog, useKinds } from "./credential-dialog";
import { CredentialRow, useUsage } from "./credential-row";

const SIZE = 50;

export function CredentialList() {
  const search = useSearch({ from: "/inside/credentials" });
  const filters = useFilters(search);
  const [editing, setEditing] = useState<Credential | "new" | null>(null);
  const [deleting, setDeleting] = useState<Credential | null>(null);
  const { data: kinds } = useKinds();
  const labels = Object.fromEntries(kinds?.map((kind) => [kind.credential_type, kind.label]) ?? []);
  const found = useQuery({
    queryKey: ["credentials", search],
    queryFn: ({ signal }) =>
      get<List<Credential>>(
        "credentials/",
        { search: search.q, credential_type: search.kind, limit: SIZE, offset: filters.page * SIZE },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title={t`Credentials`}
      actions={
        <Button variant="primary" onClick={() => setEditing("new")}>
          <Plus /> {t`New credential`}
        </Button>
      }
    >
      <FilterBar filters={filters}>
        <Find filters={filters} label={t`Find credentials`} />
        <Choice filters={filters} name="kind" label={t`Kind`} any={t`Any kind`} choices={labels} />
      </FilterBar>
      <Found
        found={found}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<KeyRound />} title={t`No credential yet`}>
            {t`Keys of model providers, bots and APIs live here, encrypted. Nodes name them; nobody reads them again.`}
          </Empty>
        }
      >
        {(items) => (
          <Card>
            <ul>
              {items.map((one) => (
                <CredentialRow
                  key={one.id}
                  credential={one}
                  kind={labels[one.credential_type] ?? one.credential_type}
                  onEdit={() => setEditing(one)}
                  onDelete={() => setDeleting(one)}
                />
              ))}
            </ul>
          </Card>
        )}
      </Found>
      {editing && (
        <CredentialDialog credential={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
      {deleting && <DeleteDialog credential={deleting} onClose={() => setDeleting(null)} />}
    </Page>
  );
}

/** One that is in use is deleted only by force, and after its users were read. */
function DeleteDialog({ credential, onClose }: { credential: Credential; onClose: () => void }) {
  const client = useQueryClient();
  const { data: usage } = useUsage(credential.id);
  const used = usage?.items ?? [];
  const drop = useMutation({
    mutationFn: () =>
      remove(`credentials/${credential.id}/`, { query: used.length ? { force: true } : undefined }),
    onSettled: () => client.invalidateQueries({ queryKey: ["credentials"] }),
  });
  return (
    <Confirm
      open
      onClose={onClose}
      title={t`Delete “${credential.name}”?`}
      action={used.length ? t`Delete although it is used` : t`Delete`}
      onConfirm={() => drop.mutateAsync()}
    >
      {!usage && <Loading label={t`Looking who uses it`} />}
      {usage && !used.length && t`No node uses it. This cannot be undone.`}
      {used.length > 0 && (
        <>
          <p>{t`These nodes use it and will fail; it cannot be undone:`}</p>
          <ul className="mt-1 max-h-40 list-disc overflow-auto pl-5">
            {used.map((use) => (
              <li key={`${use.workflow_slug} ${use.node_id}`}>
                {use.workflow_slug} / {use.node_id}
              </li>
            ))}
          </ul>
        </>
      )}
    </Confirm>
  );
}
