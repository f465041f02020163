import { useEffect, useEffectEvent, useState } from "react";
import { ApiError, get } from "@/api/client";
import type { ExecutionDetail } from "@/api/types";
import { tell } from "@/app/queries";
import { onHope, socket, useChannel } from "@/lib/live";
import { UNFINISHED } from "../executions/queries";
import { useEditor } from "./context";

type Standing = Pick<ExecutionDetail, "status" | "pending_tasks">;

/** What a person is asked by an execution that is to go on. */
export function questionOf({ status, pending_tasks }: Standing) {
  if (status !== "interrupted") return undefined; // an answered one stays interrupted until a worker takes it
  return pending_tasks.find((task) => task.status === "pending" && task.kind === "approval");
}

/** Whether nothing more happens by itself. */
export function rests(execution: Standing): boolean {
  return !UNFINISHED.has(execution.status) || questionOf(execution) !== undefined;
}

/** Calls back with the execution when it has ended or asks a person, perhaps more than once; told by its events,
 * whichever run is followed, or by asking while there is no live connection. */
export function useEnded(id: string | null, done: (execution: ExecutionDetail) => void): void {
  const { slug, runs } = useEditor();
  const [turn, setTurn] = useState(0);
  useChannel(`workflow:${slug}`, ({ type, data }) => {
    const isOurs = type.startsWith("execution_") && data.execution_id === id;
    if (isOurs || type === "resync") setTurn((before) => before + 1);
  });
  const ended = useEffectEvent(done);
  useEffect(() => {
    if (!id) return;
    let gone = false;
    const ask = async () => {
      try {
        const execution = await get<ExecutionDetail>(`executions/${id}/`);
        if (gone || !rests(execution)) return;
        clearInterval(timer);
        if (runs.getState().executionId === id) runs.setState({ status: execution.status });
        ended(execution);
      } catch (error) {
        if (gone || (error instanceof ApiError && error.status !== 404)) return; // asked again, soon
        clearInterval(timer);
        tell(error as Error);
      }
    };
    const timer = setInterval(() => socket.state !== "open" && void ask(), 5_000);
    void ask(); // its events may have come before
    const stop = onHope(() => void ask());
    return () => {
      gone = true;
      stop();
      clearInterval(timer);
    };
  }, [id, runs, turn]);
}
