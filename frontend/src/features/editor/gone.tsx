import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { Empty } from "@/components/ui/misc";
import { UnsentDownload } from "./save-state";

/** The workflow that was open here has been deleted, or may not be seen any more. */
export function Gone({ why }: { why: string }) {
  return (
    <div role="alert">
      <Empty icon={<Trash2 />} title={t`This workflow is gone`}>
        <p className="mb-3">
          {why} {t`Its executions are kept, and those under way finish.`}
        </p>
        <div className="flex items-center justify-center gap-3">
          <UnsentDownload />
          <Link to="/" className="text-accent underline">
            {t`To the workflows`}
          </Link>
        </div>
      </Empty>
    </div>
  );
}
