import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { useState } from "react";
import type { Log } from "@/api/types";
import { IconButton } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { Failure, Loading } from "@/components/ui/misc";
import { Pager } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { duration } from "@/lib/format";
import { ranAs, type Ran } from "../editor/ran";
import { STEPS_PAGE, useLogs } from "./queries";
import { Section } from "./section";
import { iterationOf, lastPart } from "./step-key";
import { ValueView } from "./value-view";

interface Props {
  id: string;
  node: Ran;
  /** Changes with the execution. */
  mark: string;
  onClose: () => void;
}

/** What a node was given and what it gave: in its last step, or in the iteration that is chosen. */
export function StepResult({ id, node, mark, onClose }: Props) {
  const { node_id, run } = node;
  const [chosen, setChosen] = useState<string>();
  const stepKey = chosen ?? run?.last?.step_key;
  return (
    <aside
      aria-label={t`Step ${node_id}`}
      className="w-80 max-w-[70%] shrink-0 overflow-auto border-l border-line bg-panel p-3"
    >
      <div className="mb-2 flex items-start gap-2">
        <h3 className="min-w-0 grow font-mono text-sm break-all">{node_id}</h3>
        <IconButton label={t`Close`} onClick={onClose}>
          <X />
        </IconButton>
      </div>
      {!run && <p className="text-muted">{t`It did not run.`}</p>}
      {run && (
        <p className="mb-2 flex items-center gap-2">
          <StatusBadge status={run.status} /> <span className="text-muted">{duration(run.duration_ms)}</span>
        </p>
      )}
      {stepKey && (ranAs(node).count ?? 0) > 1 && (
        <Iterations id={id} nodeId={node_id} chosen={stepKey} mark={mark} onChoose={setChosen} />
      )}
      {stepKey && <Values id={id} nodeId={node_id} stepKey={stepKey} mark={mark} />}
    </aside>
  );
}

interface OneProps {
  id: string;
  nodeId: string;
  mark: string;
}

const isWhole = (log: Log) => log.final && !log.superseded && lastPart(log.step_key) === log.node_id;

/** Each time that the node ran in a loop, to choose one. */
function Iterations({
  id,
  nodeId,
  chosen,
  mark,
  onChoose,
}: OneProps & { chosen: string; onChoose: (stepKey: string) => void }) {
  const [page, setPage] = useState(0);
  const { data } = useLogs(id, { node_id: nodeId }, page, mark, true);
  const keys = data?.items.filter(isWhole).map((log) => log.step_key) ?? [];
  return (
    <div className="mb-3">
      <Select aria-label={t`Iteration`} value={chosen} onChange={(event) => onChoose(event.target.value)}>
        {[...new Set([...keys, chosen])].map((key) => (
          <option key={key} value={key}>
            {t`Iteration ${iterationOf(key) || key}`}
          </option>
        ))}
      </Select>
      <Pager page={page} size={STEPS_PAGE} total={data?.total ?? 0} onPage={setPage} />
    </div>
  );
}

function Values({ id, nodeId, stepKey, mark }: OneProps & { stepKey: string }) {
  const { data, error, refetch } = useLogs(id, { node_id: nodeId, q: stepKey }, 0, mark, true);
  const log = data?.items.findLast((one) => one.step_key === stepKey);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    <>
      {log?.error && (
        <p className="mb-2 text-bad">
          {log.error} <span className="font-mono text-xs text-muted">{log.error_code}</span>
        </p>
      )}
      <Section title={t`Input`}>
        <ValueView id={id} name={`${nodeId}-input`} value={log?.input} />
      </Section>
      <Section title={t`Output`}>
        <ValueView id={id} name={`${nodeId}-output`} value={log?.output} />
      </Section>
    </>
  );
}
