/** What the API's words about schedules mean to people. */
import { t } from "@lingui/core/macro";
import type { Schedule } from "./queries";

export const statuses = (): Record<Schedule["status"], string> => ({
  active: t`active`,
  paused: t`paused`,
  done: t`done`,
  dead: t`given up`,
});
