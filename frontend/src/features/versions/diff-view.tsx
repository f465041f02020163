import { plural, t } from "@lingui/core/macro";
import { Expandable } from "@/components/ui/expandable";
import { Badge, Card, Failure, Loading, Part, type Tone } from "@/components/ui/misc";
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
        <Part title={t`Changed`}>
          <Card>
            <ul>
              {found.changed.map((node) => (
                <Changed key={node.node_id} node={node} />
              ))}
            </ul>
          </Card>
        </Part>
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
    <Part title={title}>
      <ul className="flex flex-wrap gap-1">
        {names.map((name) => (
          <li key={name}>
            <Badge tone={tone} className="font-mono">
              {name}
            </Badge>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Changed({ node }: { node: NodeChange }) {
  return (
    <Expandable
      summary={
        <>
          <span className="font-mono text-xs">{node.node_id}</span>
          <span className="min-w-0 flex-1 truncate text-xs text-muted">
            {node.fields.map(({ field }) => fieldName(field)).join(", ")}
          </span>
          <Badge tone="info">{plural(node.fields.length, { one: "# field", other: "# fields" })}</Badge>
        </>
      }
    >
      {node.fields.map(({ field, before, after }) => (
        <Difference
          key={field}
          label={fieldName(field)}
          before={before == null ? "" : shown(before)}
          after={after == null ? "" : shown(after)}
        />
      ))}
    </Expandable>
  );
}
