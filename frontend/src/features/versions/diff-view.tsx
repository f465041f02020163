import { plural, t } from "@lingui/core/macro";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Badge, Card, Failure, Loading, type Tone } from "@/components/ui/misc";
import { cn } from "@/lib/cn";
import { shown } from "@/lib/format";
import { Difference } from "../executions/compare-view";
import { changes, fieldName, type NodeChange } from "./changes";
import { useDiff } from "./queries";

interface Props {
  slug: string;
  from: number;
  to: string;
}

/** What changed from a version to another. */
export function DiffView({ slug, from, to }: Props) {
  const { data, error, refetch } = useDiff(slug, from, to);
  if (String(from) === to) return <p className="text-muted">{t`Choose two different versions.`}</p>;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading label={t`Comparing`} />;
  const found = changes(data);
  if (found.nothing) return <p className="text-muted">{t`Nothing differs.`}</p>;
  return (
    <div className="flex flex-col gap-4">
      <Names title={t`Added`} tone="ok" names={found.added} />
      <Names title={t`Removed`} tone="bad" names={found.removed} />
      {found.changed.length > 0 && (
        <section>
          <h3 className="mb-1 text-xs font-semibold text-muted">{t`Changed`}</h3>
          <Card>
            <ul>
              {found.changed.map((node) => (
                <Changed key={node.node_id} node={node} />
              ))}
            </ul>
          </Card>
        </section>
      )}
      <Names title={t`Connected`} tone="ok" names={found.connected} />
      <Names title={t`Disconnected`} tone="bad" names={found.disconnected} />
      <Names title={t`Moved on the canvas`} tone="neutral" names={found.moved} />
    </div>
  );
}

function Names({ title, tone, names }: { title: string; tone: Tone; names: string[] }) {
  if (!names.length) return null;
  return (
    <section>
      <h3 className="mb-1 text-xs font-semibold text-muted">{title}</h3>
      <ul className="flex flex-wrap gap-1">
        {names.map((name) => (
          <li key={name}>
            <Badge tone={tone} className="font-mono">
              {name}
            </Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Changed({ node }: { node: NodeChange }) {
  const [open, setOpen] = useState(false);
  return (
    <li className="border-b border-line last:border-0">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3 py-1.5 text-left hover:bg-hover/50"
      >
        <ChevronRight
          className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")}
        />
        <span className="font-mono text-xs">{node.node_id}</span>
        <span className="min-w-0 grow truncate text-xs text-muted">
          {node.fields.map(({ field }) => fieldName(field)).join(", ")}
        </span>
        <Badge tone="info">{plural(node.fields.length, { one: "# field", other: "# fields" })}</Badge>
      </button>
      {open && (
        <div className="px-3 pb-2">
          {node.fields.map(({ field, before, after }) => (
            <Difference
              key={field}
              label={fieldName(field)}
              before={before == null ? "" : shown(before)}
              after={after == null ? "" : shown(after)}
            />
          ))}
        </div>
      )}
    </li>
  );
}
