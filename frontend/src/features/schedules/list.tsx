import { plural, t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { CalendarClock, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Choice, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { TickList, useTicks } from "@/components/list/ticks";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { ofWorkflows, refreshSoon, useChannels } from "@/lib/channels";
import { WorkflowFilter } from "../workflows/workflow-filter";
import { ScheduleDialog } from "./dialog";
import { useDeleteAll } from "./saving";
import { ScheduleRow } from "./schedule-row";
import { SIZE, useSchedules, type Schedule } from "./queries";
import { statuses } from "./words";

export function ScheduleList() {
  const client = useQueryClient();
  const search = useSearch({ from: "/inside/schedules" });
  const filters = useFilters(search);
  const [edited, setEdited] = useState<Schedule | "new" | null>(null);
  const found = useSchedules(search);
  const items = found.data?.items ?? [];
  useChannels(ofWorkflows(items.map((one) => one.workflow_slug)), ({ type, data }) => {
    if (type === "schedule_updated" || type === "resync") refreshSoon(client, ["schedules"], 500);
    if (type === "schedule_updated" && !data.deleted)
      void client.invalidateQueries({ queryKey: ["schedule-runs", data.id] });
  });
  return (
    <Page
      title={t`Schedules`}
      actions={
        <Button variant="primary" onClick={() => setEdited("new")}>
          <Plus /> {t`New schedule`}
        </Button>
      }
    >
      <FilterBar filters={filters}>
        <Find filters={filters} label={t`Find schedules`} />
        <WorkflowFilter filters={filters} />
        <Choice filters={filters} name="status" label={t`Status`} any={t`Any status`} choices={statuses()} />
      </FilterBar>
      <Found
        found={found}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<CalendarClock />} title={t`Nothing is scheduled`}>
            {t`A schedule starts a workflow by itself: every hour, each Monday at nine, in any time zone.`}
          </Empty>
        }
      >
        {(shown) => <Schedules items={shown} onEdit={setEdited} />}
      </Found>
      {edited && (
        <ScheduleDialog schedule={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}

function Schedules({ items, onEdit }: { items: Schedule[]; onEdit: (schedule: Schedule) => void }) {
  const [deleting, setDeleting] = useState<Schedule[]>([]);
  const remove = useDeleteAll();
  const ticks = useTicks(items.map((one) => one.id));
  const ticked = items.filter((one) => ticks.ticked.includes(one.id));
  return (
    <>
      <TickList
        ticks={ticks}
        deeds={
          <>
            <span className="grow">{t`${ticked.length} chosen`}</span>
            <Button size="sm" variant="danger" onClick={() => setDeleting(ticked)}>
              <Trash2 /> {t`Delete`}
            </Button>
          </>
        }
      >
        {items.map((one) => (
          <ScheduleRow
            key={one.id}
            schedule={one}
            box={ticks.box(one.id)}
            onEdit={() => onEdit(one)}
            onDelete={() => setDeleting([one])}
          />
        ))}
      </TickList>
      <Confirm
        open={deleting.length > 0}
        onClose={() => setDeleting([])}
        title={
          deleting.length === 1
            ? t`Delete “${deleting[0]!.name}”?`
            : t`Delete ${plural(deleting.length, { one: "# schedule", other: "# schedules" })}?`
        }
        action={t`Delete`}
        onConfirm={() => remove.mutateAsync(deleting.map((one) => one.id))}
      >
        {plural(deleting.length, {
          one: "It fires no more. What was started stays.",
          other: "They fire no more. What was started stays.",
        })}{" "}
        {deleting.some((one) => one.of_node) && t`A trigger can make its own anew.`}
      </Confirm>
    </>
  );
}
