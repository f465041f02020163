import { plural, t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { TickList, useTicks, type Box } from "@/components/list/ticks";
import { Button, IconButton } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Expandable } from "@/components/ui/expandable";
import { Checkbox } from "@/components/ui/field";
import { Badge, When } from "@/components/ui/misc";
import { channels } from "./channels";
import { useForget, type Conversation } from "./queries";
import { Turns } from "./turns";

/** Conversations in a list: each opens to be read, several can be forgotten at once. */
export function Conversations({ items }: { items: Conversation[] }) {
  const [asking, setAsking] = useState<string[]>([]);
  const forget = useForget();
  const ticks = useTicks(items.map((one) => one.id));
  return (
    <>
      <TickList
        ticks={ticks}
        deeds={
          <Button size="sm" variant="danger" onClick={() => setAsking(ticks.ticked)}>
            <Trash2 /> {t`Delete ${ticks.ticked.length}`}
          </Button>
        }
      >
        {items.map((one) => (
          <Row key={one.id} conversation={one} box={ticks.box(one.id)} onDelete={() => setAsking([one.id])} />
        ))}
      </TickList>
      <Confirm
        open={asking.length > 0}
        onClose={() => setAsking([])}
        title={t`Delete ${plural(asking.length, { one: "# conversation", other: "# conversations" })}?`}
        action={t`Delete`}
        onConfirm={() => forget.mutateAsync(asking)}
      >
        {t`What was said is forgotten: agents remember it no more. The executions stay.`}
      </Confirm>
    </>
  );
}

interface RowProps {
  conversation: Conversation;
  box: Box;
  onDelete: () => void;
}

function Row({ conversation: one, box, onDelete }: RowProps) {
  const name = one.title || t`Without a title`;
  return (
    <Expandable
      before={<Checkbox aria-label={t`Choose ${name}`} {...box} />}
      summary={
        <>
          <span className="min-w-40 flex-1">
            <span className="block truncate">{name}</span>
            <span className="block truncate text-xs text-muted">
              {one.workflow_slug}
              {one.user && `, ${one.user}`}
            </span>
          </span>
          <Badge>{channels()[one.channel] ?? one.channel}</Badge>
          <When at={one.updated_at} className="text-xs text-muted" />
        </>
      }
      after={
        <IconButton label={t`Delete ${name}`} onClick={onDelete}>
          <Trash2 />
        </IconButton>
      }
    >
      <Turns id={one.id} />
      <Link
        to="/workflows/$slug"
        params={{ slug: one.workflow_slug }}
        className="mt-2 inline-block text-accent hover:underline"
      >
        {t`Open ${one.workflow_slug}`}
      </Link>
    </Expandable>
  );
}
