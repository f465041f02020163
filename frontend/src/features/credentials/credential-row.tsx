import { t } from "@lingui/core/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, FlaskConical, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { get, post } from "@/api/client";
import type { components } from "@/api/schema";
import type { Credential, Page as List } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Badge, Failure, Loading, Part, When } from "@/components/ui/misc";
import { cn } from "@/lib/cn";

type Model = components["schemas"]["Model"];
type Use = components["schemas"]["Use"];

export function useUsage(id: number, enabled = true) {
  return useQuery({
    queryKey: ["credential-usage", id],
    queryFn: () => get<List<Use>>(`credentials/${id}/usage/`, { limit: 200 }),
    enabled,
  });
}

interface Props {
  credential: Credential;
  kind: string;
  onEdit: () => void;
  onDelete: () => void;
}

/** A credential: whether it works, and, opened, who uses it and which models it brings. */
export function CredentialRow({ credential: one, kind, onEdit, onDelete }: Props) {
  const [open, setOpen] = useState(false);
  const test = useMutation({
    mutationFn: () => post<components["schemas"]["TestResult"]>(`credentials/${one.id}/test/`, {}),
  });
  const about = Object.values(one.detail).filter((value) => typeof value === "string" && value);
  return (
    <li className="border-b border-line last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex min-w-40 flex-1 items-center gap-2 text-left"
        >
          <ChevronRight
            className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")}
          />
          <span className="min-w-0">
            <span className="block truncate font-medium">{one.name}</span>
            <span className="block truncate text-xs text-muted">{about.join(" · ")}</span>
          </span>
        </button>
        <Badge>{kind}</Badge>
        <When at={one.updated_at} className="text-xs text-muted" />
        <span className="flex items-center">
          <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
            {!test.isPending && <FlaskConical />} {t`Test`}
          </Button>
          <IconButton label={t`Edit ${one.name}`} onClick={onEdit}>
            <Pencil />
          </IconButton>
          <IconButton label={t`Delete ${one.name}`} onClick={onDelete}>
            <Trash2 />
          </IconButton>
        </span>
      </div>
      {test.data && (
        <output className={cn("block px-3 pb-2 pl-9", test.data.ok ? "text-ok" : "text-bad")}>
          {test.data.ok
            ? t`It works: answered in ${test.data.latency_ms} ms.`
            : t`${test.data.error ?? t`It does not work: look at its key and address.`} (${test.data.latency_ms} ms)`}
        </output>
      )}
      {open && (
        <div className="grid gap-4 px-3 pb-3 pl-9 md:grid-cols-2">
          <Part title={t`Used by`}>
            <Uses id={one.id} />
          </Part>
          {one.credential_type === "llm" && (
            <Part title={t`Models`}>
              <Models id={one.id} />
            </Part>
          )}
        </div>
      )}
    </li>
  );
}

function Uses({ id }: { id: number }) {
  const { data, error } = useUsage(id);
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  if (!data.items.length) return <p className="text-muted">{t`No node uses it.`}</p>;
  return (
    <ul>
      {data.items.map((use) => (
        <li key={`${use.workflow_slug} ${use.node_id}`}>
          <Link
            to="/workflows/$slug"
            params={{ slug: use.workflow_slug }}
            className="text-accent hover:underline"
          >
            {use.workflow_slug}
          </Link>{" "}
          <span className="font-mono text-xs text-muted">{use.node_id}</span>
        </li>
      ))}
    </ul>
  );
}

/** Asked of the provider itself. */
function Models({ id }: { id: number }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["models", id],
    queryFn: () => get<List<Model>>(`credentials/${id}/models/`, { limit: 200 }),
    staleTime: 300_000,
    retry: false,
  });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading label={t`Asking the provider`} />;
  return (
    <ul
      aria-label={t`Models`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      className="max-h-60 overflow-auto"
    >
      {data.items.map((model) => (
        <li key={model.id} className="flex justify-between gap-3">
          <span className="truncate font-mono text-xs">{model.id}</span>
          {model.price && (
            <span
              className="shrink-0 text-xs text-muted"
              title={t`US dollars per million tokens, in and out`}
            >
              ${model.price.input} / ${model.price.output}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
