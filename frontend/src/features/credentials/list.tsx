import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FlaskConical, KeyRound, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { get, post, remove } from "@/api/client";
import type { Credential, Page as List } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Badge, Card, Empty, Failure, Loading, When } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { CredentialDialog, useKinds } from "./credential-dialog";

export function CredentialList() {
  const client = useQueryClient();
  const [editing, setEditing] = useState<Credential | "new" | null>(null);
  const [deleting, setDeleting] = useState<Credential | null>(null);
  const { data: kinds } = useKinds();
  const { data, error, refetch } = useQuery({
    queryKey: ["credentials", { limit: 200 }],
    queryFn: () => get<List<Credential>>("credentials/", { limit: 200 }),
  });
  const { data: usage } = useQuery({
    queryKey: ["credential-usage", deleting?.id],
    queryFn: () =>
      get<List<{ workflow_slug: string; node_id: string }>>(`credentials/${deleting!.id}/usage/`),
    enabled: deleting !== null,
  });
  const drop = useMutation({
    mutationFn: (id: number) => remove(`credentials/${id}/`, { query: { force: true } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["credentials"] }),
  });
  return (
    <Page
      title="Credentials"
      actions={
        <Button variant="primary" onClick={() => setEditing("new")}>
          <Plus /> New credential
        </Button>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<KeyRound />} title="No credential yet">
            Keys of model providers, bots and APIs live here, encrypted. Nodes name them; nobody reads them
            again.
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card>
          {data.items.map((one) => (
            <div
              key={one.id}
              className="flex flex-wrap items-center gap-3 border-b border-line px-3 py-2 last:border-0"
            >
              <span className="min-w-40 grow">
                <span className="font-medium">{one.name}</span>
                <span className="block text-xs text-muted">
                  {Object.values(one.detail)
                    .filter((value) => typeof value === "string" && value)
                    .join(" · ")}
                </span>
              </span>
              <Badge>
                {kinds?.find((kind) => kind.credential_type === one.credential_type)?.label ??
                  one.credential_type}
              </Badge>
              <When at={one.updated_at} className="text-xs text-muted" />
              <TestButton id={one.id} />
              <IconButton label={`Edit ${one.name}`} onClick={() => setEditing(one)}>
                <Pencil />
              </IconButton>
              <IconButton label={`Delete ${one.name}`} onClick={() => setDeleting(one)}>
                <Trash2 />
              </IconButton>
            </div>
          ))}
        </Card>
      )}
      {editing && (
        <CredentialDialog credential={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete “${deleting?.name}”?`}
        action="Delete"
        onConfirm={() => drop.mutateAsync(deleting!.id)}
      >
        {usage?.items.length ? (
          <>
            These nodes use it and will fail:{" "}
            {usage.items.map((use) => `${use.workflow_slug} / ${use.node_id}`).join(", ")}.
          </>
        ) : (
          "No node uses it. This cannot be undone."
        )}
      </Confirm>
    </Page>
  );
}

function TestButton({ id }: { id: number }) {
  const test = useMutation({
    mutationFn: () =>
      post<{ ok: boolean; error: string | null; latency_ms: number }>(`credentials/${id}/test/`, {}),
    onSuccess: ({ ok, error, latency_ms }) => {
      if (ok) toast.success(`It works (${latency_ms} ms).`);
      else toast.error(error ?? "It does not work.");
    },
  });
  return (
    <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
      <FlaskConical /> Test
    </Button>
  );
}
