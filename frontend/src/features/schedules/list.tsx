import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/ui/dialog";
import { Input, Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { useChannels, useSoon } from "@/lib/channels";
import { WorkflowSelect } from "../workflows/workflow-select";
import { ScheduleRow } from "./schedule-row";
import { SIZE, useDeed, useSchedules, type Schedule, type Wanted } from "./queries";

export function ScheduleList() {
  const client = useQueryClient();
  const [wanted, setWanted] = useState<Wanted>({});
  const [page, setPage] = useState(0);
  const [deleting, setDeleting] = useState<Schedule | null>(null);
  const { data, error, refetch } = useSchedules(wanted, page);
  const deed = useDeed();
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
    <Page title="Schedules">
      <div className="mb-3 flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label="Find schedules"
          placeholder="Find by name"
          className="w-52"
          value={wanted.q ?? ""}
          onChange={(event) => filter({ q: event.target.value || undefined })}
        />
        <WorkflowSelect value={wanted.workflow} onChange={(workflow) => filter({ workflow })} />
        <Select
          aria-label="Status"
          className="w-36"
          value={wanted.status ?? ""}
          onChange={(event) => filter({ status: event.target.value || undefined })}
        >
          <option value="">Any status</option>
          {["active", "paused", "done", "dead"].map((status) => (
            <option key={status}>{status}</option>
          ))}
        </Select>
      </div>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<CalendarClock />} title={filtered ? "None fits" : "Nothing is scheduled"}>
            {filtered
              ? "Try another word, workflow or status."
              : "Add a schedule trigger to a workflow: every hour, each Monday at nine, in any time zone."}
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <Card>
          <ul>
            {data.items.map((one) => (
              <ScheduleRow key={one.id} schedule={one} onDelete={() => setDeleting(one)} />
            ))}
          </ul>
        </Card>
      )}
      {data && <Pager page={page} size={SIZE} total={data.total} onPage={setPage} />}
      <p className="mt-3 text-xs text-muted">
        Schedules belong to the schedule triggers of your{" "}
        <Link to="/" className="text-accent underline">
          workflows
        </Link>
        ; the API makes further ones.
      </p>
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete “${deleting?.name}”?`}
        action="Delete"
        onConfirm={() => deed.mutateAsync({ id: deleting!.id, what: "delete" })}
      >
        It fires no more. What it has started stays.
        {deleting?.of_node && " Its trigger can make it anew."}
      </Confirm>
    </Page>
  );
}
