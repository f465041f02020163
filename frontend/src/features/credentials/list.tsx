import { t } from "@lingui/core/macro";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { get, remove } from "@/api/client";
import type { Credential, Page as List } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Input, Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { CredentialDialog, useKinds } from "./credential-dialog";
import { CredentialRow, useUsage } from "./credential-row";

const SIZE = 50;

export function CredentialList() {
  const [editing, setEditing] = useState<Credential | "new" | null>(null);
  const [deleting, setDeleting] = useState<Credential | null>(null);
  const [search, setSearch] = useState("");
  const [type, setType] = useState("");
  const [page, setPage] = useState(0);
  const { data: kinds } = useKinds();
  const { data, error, refetch } = useQuery({
    queryKey: ["credentials", { search, type, page }],
    queryFn: ({ signal }) =>
      get<List<Credential>>(
        "credentials/",
        { search, credential_type: type, limit: SIZE, offset: page * SIZE },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const filtered = Boolean(search || type);
  const label = (kind: string) => kinds?.find((one) => one.credential_type === kind)?.label ?? kind;
  return (
    <Page
      title={t`Credentials`}
      actions={
        <Button variant="primary" onClick={() => setEditing("new")}>
          <Plus /> {t`New credential`}
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label={t`Find credentials`}
          placeholder={t`Find by name`}
          className="w-56"
          value={search}
          onChange={(event) => {
            setPage(0);
            setSearch(event.target.value);
          }}
        />
        <Select
          aria-label={t`Kind`}
          className="w-56"
          value={type}
          onChange={(event) => {
            setPage(0);
            setType(event.target.value);
          }}
        >
          <option value="">{t`Any kind`}</option>
          {kinds?.map((kind) => (
            <option key={kind.credential_type} value={kind.credential_type}>
              {kind.label}
            </option>
          ))}
        </Select>
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<KeyRound />} title={filtered ? t`None fits` : t`No credential yet`}>
            {filtered
              ? t`Try another word or kind.`
              : t`Keys of model providers, bots and APIs live here, encrypted. Nodes name them; nobody reads them again.`}
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card>
          <ul>
            {data.items.map((one) => (
              <CredentialRow
                key={one.id}
                credential={one}
                kind={label(one.credential_type)}
                onEdit={() => setEditing(one)}
                onDelete={() => setDeleting(one)}
              />
            ))}
          </ul>
        </Card>
      )}
      {data && <Pager page={page} size={SIZE} total={data.total} onPage={setPage} />}
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
