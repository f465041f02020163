import { t } from "@lingui/core/macro";
import { Failure, Loading } from "@/components/ui/misc";
import { StatusBadge } from "@/components/ui/status";
import { duration } from "@/lib/format";
import type { Ran } from "../editor/ran";
import { useLogs } from "./queries";
import { Section } from "./section";
import { ValueView } from "./value-view";

interface Props {
  id: string;
  node: Ran;
  /** Changes with the execution. */
  mark: string;
}

/** What a node was given and what it gave, in its last step. */
export function StepResult({ id, node: { node_id, run }, mark }: Props) {
  const last = run?.last;
  return (
    <aside
      aria-label={t`Step ${node_id}`}
      className="w-80 max-w-[70%] shrink-0 overflow-auto border-l border-line bg-panel p-3"
    >
      <h3 className="mb-2 font-mono text-sm">{node_id}</h3>
      {!run && <p className="text-muted">{t`It did not run.`}</p>}
      {run && (
        <p className="mb-2 flex items-center gap-2">
          <StatusBadge status={run.status} /> <span className="text-muted">{duration(run.duration_ms)}</span>
        </p>
      )}
      {last?.error && (
        <p className="mb-2 text-bad">
          {last.error} <span className="font-mono text-xs text-muted">{last.error_code}</span>
        </p>
      )}
      {last && <Values id={id} nodeId={node_id} stepKey={last.step_key} mark={mark} />}
    </aside>
  );
}

function Values({
  id,
  nodeId,
  stepKey,
  mark,
}: {
  id: string;
  nodeId: string;
  stepKey: string;
  mark: string;
}) {
  const { data, error, refetch } = useLogs(id, { node_id: nodeId, q: stepKey }, 0, mark, true);
  const log = data?.items.findLast((one) => one.step_key === stepKey);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    <>
      <Section title={t`Input`}>
        <ValueView id={id} name={`${nodeId}-input`} value={log?.input} />
      </Section>
      <Section title={t`Output`}>
        <ValueView id={id} name={`${nodeId}-output`} value={log?.output} />
      </Section>
    </>
  );
}
