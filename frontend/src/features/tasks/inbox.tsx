import { Inbox } from "lucide-react";
import { useState } from "react";
import { Select } from "@/components/ui/field";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { useTasks } from "./queries";
import { TaskCard } from "./task-card";

export function TaskInbox() {
  const [status, setStatus] = useState<"pending" | "all">("pending");
  const { data, error, refetch } = useTasks(status);
  return (
    <Page
      title="Approvals"
      actions={
        <Select
          aria-label="Which"
          className="w-36"
          value={status}
          onChange={(event) => setStatus(event.target.value as "pending" | "all")}
        >
          <option value="pending">Waiting</option>
          <option value="all">All</option>
        </Select>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data?.items.map((task) => (
        <TaskCard key={task.id} task={task} />
      ))}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<Inbox />} title="Nothing waits for you">
            Questions of workflows to you appear here, by the node “Ask a person”.
          </Empty>
        </Card>
      )}
    </Page>
  );
}
