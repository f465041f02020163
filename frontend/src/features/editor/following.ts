/** The events of the run that is followed. */
import { ApiError } from "@/api/client";
import { perFrame } from "@/lib/frames";
import { later } from "@/lib/live";
import type { LiveEvent } from "@/lib/socket";
import { read } from "./ran";
import { heard, type Runs } from "./runs";

const AGAIN_MS = 2_000;

/** Takes events frame by frame. After a gap the run is read afresh, and what comes meanwhile is taken after that. */
export function following(runs: Runs, needs = { read, later }): (event: LiveEvent) => void {
  const hear = perFrame<LiveEvent>((events) => heard(runs, ...events));
  let kept: LiveEvent[] | null = null;

  const catchUp = async () => {
    kept = [];
    const { executionId } = runs.getState();
    if (!executionId) return void (kept = null);
    try {
      const found = await needs.read(executionId);
      if (runs.getState().executionId === executionId) runs.setState(found);
    } catch (error) {
      if (error instanceof ApiError && !error.isPassing) kept = null;
      else needs.later(() => void catchUp(), AGAIN_MS);
      return;
    }
    const missed: LiveEvent[] = kept;
    kept = null;
    if (missed.some(isGap)) await catchUp();
    else heard(runs, ...missed);
  };

  return (event) => {
    if (kept) kept.push(event);
    else if (isGap(event)) void catchUp();
    else hear(event);
  };
}

function isGap({ type }: LiveEvent): boolean {
  return type === "resync";
}
