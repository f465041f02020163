import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Button } from "@/components/ui/button";
import { Failure, Loading, When } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { Bubble } from "../editor/bubble";
import { spokenBy } from "../editor/chat-history";
import { useTurns } from "./queries";

/** What was said in a conversation, the latest part of it first; each answer leads to its execution. */
export function Turns({ id }: { id: string }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useTurns(id);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const messages = data.pages.toReversed().flatMap((page) => page.messages);
  return (
    <div className="flex max-h-[32rem] flex-col overflow-auto rounded-md border border-line bg-ground p-3">
      {hasNextPage && (
        <Button
          size="sm"
          className="mb-2 self-center"
          busy={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {t`Show earlier messages`}
        </Button>
      )}
      {!messages.length && (
        <p className="text-muted">{t`Its executions are deleted: nothing is left of it.`}</p>
      )}
      <ol aria-label={t`What was said`} className="flex flex-col gap-2">
        {messages.map((one, index) => (
          <li key={one.id} className="flex flex-col">
            <Bubble by={spokenBy(one)} text={one.content || t`(no answer)`} />
            {one.execution_id !== messages[index + 1]?.execution_id && (
              <p className="flex items-center gap-2 p-1 text-xs text-muted">
                <Link to="/executions/$id" params={{ id: one.execution_id }} className="hover:underline">
                  {t`Its steps`}
                </Link>
                {one.role === "human" && <StatusBadge status={one.status} />}
                <When at={one.timestamp} />
              </p>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
