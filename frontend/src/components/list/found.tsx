import { t } from "@lingui/core/macro";
import { Search } from "lucide-react";
import type { ReactNode } from "react";
import type { Page as List } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card, Empty, Failure, Loading } from "@/components/ui/misc";
import { Pager } from "@/components/ui/page";
import type { Filters } from "./filters";

interface Props<T> {
  /** The query of the page that is shown. */
  found: { data: List<T> | undefined; error: Error | null; refetch: () => unknown };
  filters: Filters;
  size: number;
  /** What stands here while there is nothing to be found. */
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** What a list has found: its rows and pages, or why there are none. */
export function Found<T>({ found: { data, error, refetch }, filters, size, empty, children }: Props<T>) {
  return (
    <>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>{filters.isFiltered ? <NoneFits filters={filters} /> : empty}</Card>
      )}
      {data && data.items.length > 0 && children(data.items)}
      {data && <Pager page={filters.page} size={size} total={data.total} onPage={filters.turn} />}
    </>
  );
}

function NoneFits({ filters }: { filters: Filters }) {
  return (
    <Empty icon={<Search />} title={t`None fits`}>
      <p className="mb-3">{t`Try another word or choice, or see all of them.`}</p>
      <Button onClick={filters.clear}>{t`Clear the filters`}</Button>
    </Empty>
  );
}
