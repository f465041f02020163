import { useEffect, useRef } from "react";
import { ApiError, get } from "@/api/client";
import type { ExecutionDetail } from "@/api/types";
import { tell } from "@/app/queries";
import { onHope } from "@/lib/live";
import { useEditor, useRuns } from "./context";

const RESTING = new Set(["completed", "failed", "cancelled", "interrupted", "waiting"]);

/** Calls back with the execution once it has ended or waits; told by its events, or by asking if they were missed. */
export function useEnded(id: string | null, done: (execution: ExecutionDetail) => void): void {
  const { runs } = useEditor();
  const status = useRuns((state) => (state.executionId === id ? state.status : null));
  const latest = useRef(done);
  useEffect(() => {
    latest.current = done;
  });
  useEffect(() => {
    if (!id) return;
    let gone = false;
    const ask = async () => {
      try {
        const execution = await get<ExecutionDetail>(`executions/${id}/`);
        if (gone || !RESTING.has(execution.status)) return;
        if (runs.getState().executionId === id) runs.setState({ status: execution.status });
        latest.current(execution);
      } catch (error) {
        if (gone || (error instanceof ApiError && error.status !== 404)) return; // asked again, soon
        clearInterval(timer);
        tell(error as Error);
      }
    };
    const timer = setInterval(() => void ask(), 5_000); // should the live connection be down
    if (status && RESTING.has(status)) void ask();
    const stop = onHope(() => void ask());
    return () => {
      gone = true;
      stop();
      clearInterval(timer);
    };
  }, [id, runs, status]);
}
