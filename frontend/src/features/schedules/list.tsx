import { plural, t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Input, Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { useChannels, useSoon } from "@/lib/channels";
import { WorkflowSelect } from "../workflows/workflow-select";
import { ScheduleDialog } from "./dialog";
import { useDeleteAll } from "./saving";
import { ScheduleRow } from "./schedule-row";
import { SIZE, useSchedules, type Schedule, type Wanted } from "./queries";

export function ScheduleList() {
  const client = useQueryClient();
  const [wanted, setWanted] = useState<Wanted>({});
  const [page, setPage] = useState(0);
  const [edited, setEdited] = useState<Schedule | "new" | null>(null);
  const [picked, setPicked] = useState<number[]>([]);
  const [deleting, setDeleting] = useState<Schedule[]>([]);
  const { data, error, refetch } = useSchedules(wanted, page);
  const remove = useDeleteAll();
  const chosen = data?.items.filter((one) => picked.includes(one.id)) ?? [];
  const toggle = (id: number) =>
    setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]);
  const add = (
    <Button variant="primary" onClick={() => setEdited("new")}>
      <Plus /> {t`New schedule`}
    </Button>
  );
  const refresh = useSoon(() => void client.invalidateQueries({ queryKey: ["schedules"] }), 500);
  useChannels(data?.items.map((one) => `workflow:${one.workflow_slug}`) ?? [], (event) => {
    if (event.type !== "schedule_updated" && event.type !== "resync") return;
    refresh();
    if (event.type === "schedule_updated" && !event.data.deleted)
      void client.invalidateQueries({ queryKey: ["schedule-runs", event.data.id] });
  });
  const filter = (next: Wanted) => {
    setPage(0);
    setWanted({ ...wanted, ...next });
  };
  const filtered = Object.values(wanted).some(Boolean);
  return (
    <Page title={t`Schedules`} actions={add}>
      <div className="mb-3 flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label={t`Find schedules`}
          placeholder={t`Find by name`}
          className="w-52"
          value={wanted.q ?? ""}
          onChange={(event) => filter({ q: event.target.value || undefined })}
        />
        <WorkflowSelect value={wanted.workflow} onChange={(workflow) => filter({ workflow })} />
        <Select
          aria-label={t`Status`}
          className="w-36"
          value={wanted.status ?? ""}
          onChange={(event) => filter({ status: event.target.value || undefined })}
        >
          <option value="">{t`Any status`}</option>
          {["active", "paused", "done", "dead"].map((status) => (
            <option key={status}>{status}</option>
          ))}
        </Select>
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<CalendarClock />} title={filtered ? t`None fits` : t`Nothing is scheduled`}>
            {filtered
              ? t`Try another word, workflow or status.`
              : t`A schedule starts a workflow by itself: every hour, each Monday at nine, in any time zone.`}
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card>
          {chosen.length > 0 && (
            <div className="flex h-11 items-center gap-3 border-b border-line px-3">
              <span className="grow">{t`${chosen.length} chosen`}</span>
              <Button size="sm" variant="danger" onClick={() => setDeleting(chosen)}>
                <Trash2 /> {t`Delete`}
              </Button>
            </div>
          )}
          <ul>
            {data.items.map((one) => (
              <ScheduleRow
                key={one.id}
                schedule={one}
                chosen={chosen.includes(one)}
                onChoose={() => toggle(one.id)}
                onEdit={() => setEdited(one)}
                onDelete={() => setDeleting([one])}
              />
            ))}
          </ul>
        </Card>
      )}
      {data && <Pager page={page} size={SIZE} total={data.total} onPage={setPage} />}
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
      {edited && (
        <ScheduleDialog schedule={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}
