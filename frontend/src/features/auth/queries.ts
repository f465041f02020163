import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";

export const SETUP_STATUS = ["setup-status"];

/** Whether nobody can sign in yet. */
export function useSetupStatus() {
  return useQuery({
    queryKey: SETUP_STATUS,
    queryFn: () => get<{ needs_setup: boolean }>("auth/setup-status/"),
  });
}
