/** What somebody may do with a workflow. */
import { t } from "@lingui/core/macro";
import type { Workflow } from "@/api/types";

export const lookOnly = () => t`You may look at this workflow and run it, but not change it.`;

export const mayChange = (workflow: Pick<Workflow, "role"> | undefined): boolean =>
  workflow !== undefined && workflow.role !== "viewer";
