import { t } from "@lingui/core/macro";
import { useTasks } from "./queries";

/** How many questions wait for the person. */
export function OpenTasks() {
  const { data } = useTasks();
  if (!data?.total) return null;
  return (
    <span
      className="rounded-full bg-accent px-1.5 text-xs font-semibold text-accent-ink"
      title={t`${data.total} waiting`}
    >
      {data.total}
    </span>
  );
}
