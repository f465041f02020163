import { t } from "@lingui/core/macro";
import { useSearch } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { Choice, FilterBar, Find, useFilters } from "@/components/list/filters";
import { Found } from "@/components/list/found";
import { Empty } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { WorkflowFilter } from "../workflows/workflow-filter";
import { channels } from "./channels";
import { Conversations } from "./conversations";
import { SIZE, useConversations } from "./queries";

/** What workflows remember: the conversations that were held with them. */
export function MemoriesPage() {
  const search = useSearch({ from: "/inside/memories" });
  const filters = useFilters(search);
  return (
    <Page title={t`Memories`}>
      <h2 className="mb-2 font-semibold">{t`Conversations`}</h2>
      <FilterBar filters={filters}>
        <Find filters={filters} label={t`Find conversations`} placeholder={t`Find by title`} />
        <WorkflowFilter filters={filters} />
        <Choice
          filters={filters}
          name="channel"
          label={t`Channel`}
          any={t`Any channel`}
          choices={channels()}
        />
      </FilterBar>
      <Found
        found={useConversations(search)}
        filters={filters}
        size={SIZE}
        empty={
          <Empty icon={<MessagesSquare />} title={t`Nothing was said yet`}>
            {t`Chat with a workflow in its editor, on its public page or by a bot: what was said is kept here.`}
          </Empty>
        }
      >
        {(items) => <Conversations items={items} />}
      </Found>
    </Page>
  );
}
