import { t } from "@lingui/core/macro";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { IconButton } from "./button";

/** A page with a heading; its name is the tab's title. */
export function Page({
  title,
  about,
  actions,
  children,
}: {
  title: string;
  /** What the page is for, where its title may be misread. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Pipelit`;
  }, [title]);
  return (
    <div className="mx-auto max-w-6xl p-4 md:p-6">
      <header className="mb-4 flex flex-wrap items-center gap-2">
        <h1 className="grow text-xl font-semibold tracking-tight">{title}</h1>
        {actions}
      </header>
      {about && <p className="-mt-2 mb-4 max-w-prose text-muted">{about}</p>}
      {children}
    </div>
  );
}

interface PagerProps {
  page: number;
  size: number;
  total: number;
  onPage: (page: number) => void;
}

export function Pager({ page, size, total, onPage }: PagerProps) {
  if (total <= size) return null;
  const first = page * size + 1;
  const last = Math.min(total, (page + 1) * size);
  return (
    <nav aria-label={t`Pages`} className="mt-3 flex items-center justify-end gap-1 text-muted">
      {t`${first}–${last} of ${total.toLocaleString("en")}`}
      <IconButton label={t`Newer`} disabled={page === 0} onClick={() => onPage(page - 1)}>
        <ChevronLeft />
      </IconButton>
      <IconButton label={t`Older`} disabled={last >= total} onClick={() => onPage(page + 1)}>
        <ChevronRight />
      </IconButton>
    </nav>
  );
}
