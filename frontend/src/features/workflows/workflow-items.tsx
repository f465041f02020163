import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChartColumn, Download, History, Settings, Users } from "lucide-react";
import { get } from "@/api/client";
import { MenuItem } from "@/components/ui/menu";
import type { Opened } from "./dialogs";
import { download } from "./download";

/** What a menu of a workflow offers wherever it is. */
export function WorkflowItems({ slug, onOpen }: { slug: string; onOpen: (dialog: Opened) => void }) {
  const navigate = useNavigate();
  const save = useMutation({
    mutationFn: () => get(`workflows/${slug}/export/`),
    onSuccess: (file) => download(`${slug}.json`, file),
  });
  const go = (to: "/workflows/$slug/versions" | "/workflows/$slug/statistics") =>
    void navigate({ to, params: { slug } });
  return (
    <>
      <MenuItem icon={<History />} onSelect={() => go("/workflows/$slug/versions")}>
        {t`Versions`}
      </MenuItem>
      <MenuItem icon={<ChartColumn />} onSelect={() => go("/workflows/$slug/statistics")}>
        {t`Statistics`}
      </MenuItem>
      <MenuItem icon={<Users />} onSelect={() => onOpen("collaborators")}>
        {t`Collaborators`}
      </MenuItem>
      <MenuItem icon={<Settings />} onSelect={() => onOpen("settings")}>
        {t`Settings`}
      </MenuItem>
      <MenuItem icon={<Download />} onSelect={() => save.mutate()}>
        {t`Export as JSON`}
      </MenuItem>
    </>
  );
}
