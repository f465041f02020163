import { plural, t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { NodeType } from "@/api/types";
import { Code } from "@/components/ui/misc";
import { Prose } from "@/components/ui/prose";
import { StatusBadge } from "@/components/ui/status";
import { duration, shown, unescaped } from "@/lib/format";
import { useRuns } from "./context";
import { useRecorded } from "./last-run";
import { LongText } from "./long-text";
import { RunOutput } from "./run-output";

/** Input, output and error of the last run: as it goes, else as it is recorded. */
export function RunTab({ nodeId }: { nodeId: string }) {
  const live = useRuns((state) => state.nodes[nodeId]);
  const { executionId, nodes } = useRecorded();
  const run = live ?? nodes[nodeId];
  const input = nodes[nodeId]?.input;
  const tokens = useRuns((state) => state.tokens[nodeId]);
  if (!run)
    return (
      <p className="text-muted">{t`It had no part in the last run. Run the workflow to see what it gives.`}</p>
    );
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-center gap-2">
        <StatusBadge status={run.status} />
        <span className="text-muted">{duration(run.duration_ms)}</span>
        {run.count > 1 && (
          <span className="text-muted">{plural(run.count, { one: "# time", other: "# times" })}</span>
        )}
      </p>
      {run.error && (
        <Part title={run.error_code ?? t`Error`}>
          <p role="alert" className="text-bad">
            {run.error}
          </p>
        </Part>
      )}
      {tokens && run.status === "running" && (
        <Part title={t`Text so far`}>
          <Code>{tokens}</Code>
        </Part>
      )}
      {input != null && (
        <Part title={t`Input`}>
          <Code>
            <LongText text={shown(unescaped(input))} />
          </Code>
        </Part>
      )}
      {run.output != null && (
        <Part title={t`Output`}>
          <RunOutput executionId={executionId} nodeId={nodeId} output={run.output} />
        </Part>
      )}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 text-xs font-semibold text-muted uppercase">{title}</h3>
      {children}
    </section>
  );
}

export function DocsTab({ type }: { type: NodeType | undefined }) {
  if (!type) return null;
  const ports = [
    [t`Takes`, type.inputs],
    [t`Gives`, type.outputs],
  ] as const;
  return (
    <div className="flex flex-col gap-4">
      <Prose text={type.docs} />
      {ports.map(
        ([title, list]) =>
          list.length > 0 && (
            <Part key={title} title={title}>
              <dl>
                {list.map((port) => (
                  <div key={port.name} className="py-1">
                    <dt className="font-mono text-xs">
                      {port.name} <span className="text-muted">{port.data_type}</span>
                    </dt>
                    <dd className="text-muted">
                      <Prose text={port.description} />
                    </dd>
                  </div>
                ))}
              </dl>
            </Part>
          ),
      )}
    </div>
  );
}
