/** What somebody may do with a workflow. */
import type { Workflow } from "@/api/types";

export const LOOK_ONLY = "You may look at this workflow and run it, but not change it.";

export const mayChange = (workflow: Pick<Workflow, "role"> | undefined): boolean =>
  workflow !== undefined && workflow.role !== "viewer";
