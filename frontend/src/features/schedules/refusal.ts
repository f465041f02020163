import { useState } from "react";
import type { ApiError } from "@/api/client";

/** Why something was refused, for as long as the settings are those it was refused for. */
export function useRefusal(settings: string) {
  const [refusal, setRefusal] = useState<{ settings: string; error: ApiError } | null>(null);
  return {
    refusal: refusal?.settings === settings ? refusal.error : null,
    setRefusal: (error: ApiError | null) => setRefusal(error && { settings, error }),
  };
}
