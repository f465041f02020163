import { t } from "@lingui/core/macro";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { GitCompare, History, Rocket, Undo2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { Badge, Card, Empty, Failure, Loading, When } from "@/components/ui/misc";
import { Page, Pager } from "@/components/ui/page";
import { cn } from "@/lib/cn";
import { useWorkflow } from "../workflows/queries";
import { lookOnly, mayChange } from "../workflows/standing";
import { DiffView } from "./diff-view";
import { PublishDialog } from "./publish-dialog";
import { DRAFT, useRestore, useVersions, VERSIONS_PAGE, type Version } from "./queries";

/** The versions of a workflow: who made them, what changed, which one runs. */
export function VersionsPage() {
  const { slug } = useParams({ from: "/inside/workflows/$slug/versions" });
  const { from, to = DRAFT } = useSearch({ from: "/inside/workflows/$slug/versions" });
  const navigate = useNavigate();
  const [page, setPage] = useState(0);
  const [publishing, setPublishing] = useState<{ number?: number } | null>(null);
  const { data: workflow } = useWorkflow(slug);
  const { data, error, refetch } = useVersions(slug, page);
  const compare = (next: { from?: number; to?: string }) =>
    void navigate({
      to: "/workflows/$slug/versions",
      params: { slug },
      search: { from, to, ...next },
      replace: true,
    });
  return (
    <Page
      title={t`Versions of ${workflow?.name ?? slug}`}
      actions={
        <>
          <Link to="/workflows/$slug" params={{ slug }} className="text-accent hover:underline">
            {t`Open the workflow`}
          </Link>
          <Button
            variant="primary"
            disabled={!mayChange(workflow)}
            title={workflow && !mayChange(workflow) ? lookOnly() : undefined}
            onClick={() => setPublishing({})}
          >
            <Rocket /> {t`Publish the draft`}
          </Button>
        </>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && !data.items.length && (
        <Card>
          <Empty icon={<History />} title={t`No version yet`}>
            {t`Each run keeps what it ran as a version, and so does publishing. From then on triggers run what is published, while you change the draft.`}
          </Empty>
        </Card>
      )}
      {data && data.items.length > 0 && (
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
          <div>
            <Card>
              <ol aria-label={t`Versions`}>
                {data.items.map((version, index) => (
                  <Row
                    key={version.number}
                    slug={slug}
                    version={version}
                    earlier={data.items[index + 1]?.number}
                    shown={String(version.number) === to}
                    mayChange={mayChange(workflow)}
                    onCompare={compare}
                    onPublish={() => setPublishing({ number: version.number })}
                  />
                ))}
              </ol>
            </Card>
            <Pager page={page} size={VERSIONS_PAGE} total={data.total} onPage={setPage} />
          </div>
          <section aria-label={t`What changed`}>
            <div className="mb-3 flex flex-wrap items-center gap-2">
              <h2 className="text-sm font-semibold">{t`What changed from`}</h2>
              <Select
                aria-label={t`From version`}
                className="w-24"
                value={from ?? ""}
                onChange={(event) => compare({ from: Number(event.target.value) || undefined })}
              >
                <option value="">–</option>
                {data.items.map(({ number }) => (
                  <option key={number}>{number}</option>
                ))}
              </Select>
              <span className="text-sm font-semibold">{t`to`}</span>
              <Select
                aria-label={t`To version`}
                className="w-32"
                value={to}
                onChange={(event) => compare({ to: event.target.value })}
              >
                <option value={DRAFT}>{t`the draft`}</option>
                {data.items.map(({ number }) => (
                  <option key={number}>{number}</option>
                ))}
              </Select>
            </div>
            {from === undefined ? (
              <p className="text-muted">{t`Choose a version, or press “What changed” at one.`}</p>
            ) : (
              <DiffView slug={slug} from={from} to={to} />
            )}
          </section>
        </div>
      )}
      {publishing && (
        <PublishDialog slug={slug} number={publishing.number} onClose={() => setPublishing(null)} />
      )}
    </Page>
  );
}

interface RowProps {
  slug: string;
  version: Version;
  earlier: number | undefined;
  shown: boolean;
  mayChange: boolean;
  onCompare: (next: { from?: number; to?: string }) => void;
  onPublish: () => void;
}

function Row({ slug, version, earlier, shown, mayChange, onCompare, onPublish }: RowProps) {
  const restore = useRestore(slug);
  const bring = (number: number, done: (before: number) => void) =>
    restore.mutate(number, { onSuccess: ({ previous_version }) => done(previous_version) });
  const restoreIt = () =>
    bring(version.number, (before) =>
      toast.success(t`The draft is what version ${version.number} was.`, {
        duration: 10_000,
        action: {
          label: t`Undo`,
          onClick: () => bring(before, () => toast.success(t`The draft is as it was before.`)),
        },
      }),
    );
  return (
    <li className={cn("border-b border-line p-3 last:border-0", shown && "bg-hover/60")}>
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-semibold">{t`Version ${version.number}`}</span>
        {version.is_published && <Badge tone="ok">{t`runs`}</Badge>}
        {version.is_draft && <Badge tone="info">{t`the draft`}</Badge>}
        {version.published_at && !version.is_published && <Badge>{t`was published`}</Badge>}
        <span className="ml-auto text-xs text-muted">
          {version.created_by && `${version.created_by}, `}
          <When at={version.created_at} />
        </span>
      </div>
      {version.note && <p className="mt-1">{version.note}</p>}
      <div className="mt-2 flex flex-wrap gap-2">
        {earlier !== undefined && (
          <Button
            size="sm"
            aria-label={t`What changed in version ${version.number}`}
            onClick={() => onCompare({ from: earlier, to: String(version.number) })}
          >
            <GitCompare /> {t`What changed`}
          </Button>
        )}
        {mayChange && !version.is_draft && (
          <Button
            size="sm"
            aria-label={t`Restore version ${version.number}`}
            busy={restore.isPending}
            onClick={restoreIt}
          >
            <Undo2 /> {t`Restore`}
          </Button>
        )}
        {mayChange && !version.is_published && (
          <Button size="sm" aria-label={t`Publish version ${version.number}`} onClick={onPublish}>
            <Rocket /> {t`Publish`}
          </Button>
        )}
      </div>
    </li>
  );
}
