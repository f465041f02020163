import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { get, post } from "@/api/client";
import type { Page as List, User } from "@/api/types";
import { useTicks } from "@/components/list/ticks";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Checkbox } from "@/components/ui/field";
import { Card, Failure, When } from "@/components/ui/misc";

/** Accounts without password that workflows use; nothing is shown while there are none. */
export function Agents() {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["agents"],
    queryFn: () => get<List<User>>("users/agents/", { limit: 200 }),
  });
  const ticks = useTicks(data?.items.map((agent) => agent.id) ?? []);
  const many = ticks.ticked.length;
  const drop = useMutation({
    mutationFn: (ids: number[]) => post("users/agents/batch-delete/", { ids }),
    onSettled: () => client.invalidateQueries({ queryKey: ["agents"] }),
  });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data?.items.length) return null;
  return (
    <section className="mt-6">
      <div className="mb-2 flex items-center gap-2">
        <h2 className="grow text-base font-semibold">{t`Agents`}</h2>
        {many > 0 && (
          <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
            <Trash2 /> {t`Delete ${many}`}
          </Button>
        )}
      </div>
      <Card>
        {data.items.map((agent) => (
          <label
            key={agent.id}
            className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0"
          >
            <Checkbox {...ticks.box(agent.id)} />
            <span className="grow font-medium">{agent.username}</span>
            <span className="text-xs text-muted">
              <Trans>
                since <When at={agent.date_joined} />
              </Trans>
            </span>
          </label>
        ))}
      </Card>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t`Delete ${plural(many, { one: "# agent", other: "# agents" })}?`}
        action={t`Delete`}
        onConfirm={() => drop.mutateAsync(ticks.ticked)}
      >
        {t`Workflows that act as one of them fail from then on. This cannot be undone.`}
      </Confirm>
    </section>
  );
}
