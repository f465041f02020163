/** What the Run panel was given last, by workflow: it stays while the app is open and the same person signed in. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

export interface RunInput {
  /** The trigger; empty if none was chosen. */
  chosen: string;
  text: string;
  /** The payload as JSON, and what was filled into a form of it. */
  written: string;
  values: Record<string, unknown>;
}

const NOTHING: RunInput = { chosen: "", text: "", written: "", values: {} };

export function useRunInput(slug: string) {
  const client = useQueryClient();
  const key = ["run-input", slug];
  const [input, setInput] = useState(() => client.getQueryData<RunInput>(key) ?? NOTHING);
  const put = (patch: Partial<RunInput>) => {
    const next = { ...input, ...patch };
    setInput(next);
    client.setQueryDefaults(key, { gcTime: Infinity });
    client.setQueryData(key, next);
  };
  return [input, put] as const;
}
