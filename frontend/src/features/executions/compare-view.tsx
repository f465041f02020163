import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useMemo, useState } from "react";
import { get } from "@/api/client";
import type { Execution, ExecutionDetail, Page as List } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Expandable } from "@/components/ui/expandable";
import { Checkbox, Select } from "@/components/ui/field";
import { Badge, Card, Failure, Loading, type Tone } from "@/components/ui/misc";
import { StatusBadge, statusWord } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { duration, moment, money, shortId, versionName } from "@/lib/format";
import { useZone } from "@/lib/zone";
import { compared, lines, stable, type Change, type Pair } from "./compare";
import { Section } from "./section";
import { useExecution, WITH_DETAIL } from "./queries";

const badges = (): Record<Change, { label: string; tone: Tone }> => ({
  same: { label: t`same`, tone: "neutral" },
  added: { label: t`only here`, tone: "ok" },
  removed: { label: t`only there`, tone: "bad" },
  status: { label: t`ended otherwise`, tone: "warn" },
  output: { label: t`other output`, tone: "info" },
  input: { label: t`other input`, tone: "info" },
});

interface Props {
  execution: ExecutionDetail;
  /** The other run; none is chosen yet when it is empty. */
  other: string;
  onChoose: (id: string) => void;
  onClose: () => void;
}

/** Another run of the same workflow beside this one, step by step. */
export function Compare({ execution, other, onChoose, onClose }: Props) {
  const slug = execution.workflow_slug;
  const zone = useZone();
  const { data: runs } = useQuery({
    queryKey: ["executions", { workflow: slug, limit: 50 }],
    queryFn: () => get<List<Execution>>("executions/", { workflow_slug: slug, limit: 50 }),
  });
  const { data, error } = useExecution(other, other !== "");
  const known = runs?.items.filter((one) => one.execution_id !== execution.execution_id) ?? [];
  return (
    <Section
      title={t`Compared with`}
      actions={
        <>
          <Select
            aria-label={t`The other run`}
            className="w-96 max-w-full"
            value={other}
            onChange={(event) => onChoose(event.target.value)}
          >
            <option value="">{runs && !known.length ? t`There is no other run` : t`Choose a run`}</option>
            {other && !known.some((one) => one.execution_id === other) && (
              <option value={other}>{other}</option>
            )}
            {known.map((one) => (
              <option key={one.execution_id} value={one.execution_id}>
                {runName(one, execution, zone)}
              </option>
            ))}
          </Select>
          <IconButton label={t`Close the comparison`} onClick={onClose}>
            <X />
          </IconButton>
        </>
      }
    >
      {error && <Failure error={error} />}
      {other && !data && !error && <Loading label={t`Reading the other run`} />}
      {data && <Compared before={data} after={execution} />}
    </Section>
  );
}

/** What tells a run from the others in a list: when it began, how it stands, and what it has to do with this one. */
function runName(one: Execution, here: Execution, zone: string): string {
  const kin =
    one.execution_id === here.rerun_of
      ? t`which this one runs again`
      : one.rerun_of === here.execution_id
        ? t`a rerun of this one`
        : one.rerun_of && t`a rerun of ${shortId(one.rerun_of)}`;
  const told = [moment(one.created_at, zone), statusWord(one.status), versionName(one.version), kin];
  return [...told, shortId(one.execution_id)].filter(Boolean).join(", ");
}

function Compared({ before, after }: { before: ExecutionDetail; after: ExecutionDetail }) {
  const pairs = useMemo(() => compared(before.logs, after.logs), [before.logs, after.logs]);
  const [onlyChanged, setOnlyChanged] = useState(true);
  const changed = pairs.filter((pair) => pair.change !== "same");
  const total = pairs.length;
  const outputs = [before, after].map(({ final_output: one }) =>
    typeof one === "string" ? one : stable(one, 2),
  );
  const cut = [before, after].some((one) => one.logs.length >= WITH_DETAIL);
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
        <span>
          {changed.length
            ? plural(changed.length, {
                one: `# step of ${total} differs.`,
                other: `# steps of ${total} differ.`,
              })
            : t`All steps are the same.`}
        </span>
        <Total label={t`Took`} before={duration(before.duration_ms)} after={duration(after.duration_ms)} />
        <Total label={t`Cost`} before={money(before.total_cost_usd)} after={money(after.total_cost_usd)} />
        <Total label={t`Ran`} before={versionName(before.version)} after={versionName(after.version)} />
        {before.version !== after.version && before.version !== null && after.version !== null && (
          <Link
            to="/workflows/$slug/versions"
            params={{ slug: after.workflow_slug }}
            search={{ from: before.version, to: String(after.version) }}
            className="text-accent hover:underline"
          >
            {t`What changed in between`}
          </Link>
        )}
        <label className="ml-auto flex items-center gap-1.5">
          <Checkbox checked={onlyChanged} onChange={(event) => setOnlyChanged(event.target.checked)} />{" "}
          {t`Only what differs`}
        </label>
      </div>
      {outputs[0] !== outputs[1] && (
        <Difference before={outputs[0]!} after={outputs[1]!} label={t`Final output`} />
      )}
      {cut && <p className="mb-2 text-warn">{t`Only the first 1,000 steps of each are compared.`}</p>}
      <Card>
        <ul aria-label={t`Steps of both runs`}>
          {(onlyChanged ? changed : pairs).map((pair) => (
            <Row key={pair.step_key} pair={pair} />
          ))}
        </ul>
        {onlyChanged && !changed.length && <p className="p-3 text-muted">{t`Nothing differs.`}</p>}
      </Card>
    </>
  );
}

function Total({ label, before, after }: { label: string; before: string; after: string }) {
  return (
    <span>
      {label}: {before || "–"} → <span className="text-ink">{after || "–"}</span>
    </span>
  );
}

function Row({ pair: { step_key, before, after, change } }: { pair: Pair }) {
  const { label, tone } = badges()[change];
  const inputs = [before, after].map((log) => stable(log?.input, 2));
  return (
    <Expandable
      summary={
        <>
          <span className="min-w-0 grow truncate font-mono text-xs">{step_key}</span>
          <Badge tone={tone}>{label}</Badge>
          <span className="flex w-60 items-center justify-end gap-1.5 text-xs text-muted">
            {before ? <StatusBadge status={before.status} /> : "–"} →{" "}
            {after ? <StatusBadge status={after.status} /> : "–"}
          </span>
          <span className="w-36 text-right text-xs text-muted tabular-nums">
            {before ? duration(before.duration_ms) : "–"} → {after ? duration(after.duration_ms) : "–"}
          </span>
        </>
      }
    >
      {(before?.error || after?.error) && (
        <Difference before={before?.error ?? ""} after={after?.error ?? ""} label={t`Error`} />
      )}
      {inputs[0] !== inputs[1] && <Difference before={inputs[0]!} after={inputs[1]!} label={t`Input`} />}
      <Difference before={stable(before?.output, 2)} after={stable(after?.output, 2)} label={t`Output`} />
    </Expandable>
  );
}

/** Lines drawn at first. */
const SHOWN = 400;

export function Difference({ before, after, label }: { before: string; after: string; label: string }) {
  const found = useMemo(() => lines(before, after), [before, after]);
  const [all, setAll] = useState(false);
  return (
    <section aria-label={label} className="mb-2">
      <h3 className="mb-1 text-xs font-semibold text-muted">{label}</h3>
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
        tabIndex={0}
        className="max-h-96 overflow-auto rounded-md border border-line bg-ground py-1 font-mono text-xs"
      >
        {(all ? found : found.slice(0, SHOWN)).map((line, index) => (
          <span
            // oxlint-disable-next-line react/no-array-index-key -- lines have no other name
            key={index}
            className={cn(
              "block px-2 whitespace-pre-wrap",
              line.kind === "added" && "bg-ok/10 text-ok",
              line.kind === "removed" && "bg-bad/10 text-bad",
            )}
          >
            {line.kind === "added" ? "+ " : line.kind === "removed" ? "− " : "  "}
            {line.text}
          </span>
        ))}
      </pre>
      {!all && found.length > SHOWN && (
        <Button size="sm" className="mt-1" onClick={() => setAll(true)}>
          {plural(found.length, { one: "Show # line", other: "Show all # lines" })}
        </Button>
      )}
    </section>
  );
}
