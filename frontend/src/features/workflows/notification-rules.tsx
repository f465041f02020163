import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import { get } from "@/api/client";
import type { Credential, Page } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import type { Rule } from "./settings";

const occasions = (): Record<Rule["on"], string> => ({
  failed: t`It fails`,
  recovered: t`It works again`,
  waiting: t`It waits too long`,
  undelivered: t`A delivery is given up`,
});
const channels = (): Record<Rule["channel"], { label: string; to: string; kind?: string }> => ({
  email: { label: t`Mail`, to: t`Mail address` },
  callback: { label: t`Callback`, to: t`URL`, kind: "signing" },
  telegram: { label: "Telegram", to: t`Id of the chat`, kind: "telegram" },
});

interface Props {
  rules: Rule[];
  fault: string | undefined;
  onChange: (rules: Rule[]) => void;
}

/** Who is told when something goes wrong. */
export function NotificationRules({ rules, fault, onChange }: Props) {
  const heading = useId();
  const put = (index: number, rule: Rule) => onChange(rules.with(index, rule));
  return (
    <section aria-labelledby={heading} className="mt-4 border-t border-line pt-3">
      <h3 id={heading} className="text-sm font-medium">
        {t`Who is told`}
      </h3>
      <p className="mb-2 text-xs text-muted">{t`When something goes wrong, once for each time.`}</p>
      <ol className="flex flex-col gap-2">
        {rules.map((rule, index) => (
          <RuleRow
            // oxlint-disable-next-line react/no-array-index-key -- rules have no other name
            key={index}
            number={index + 1}
            rule={rule}
            onChange={(next) => put(index, next)}
            onRemove={() => onChange(rules.filter((_, other) => other !== index))}
          />
        ))}
      </ol>
      {fault && (
        <p role="alert" className="mt-1 text-xs text-bad">
          {fault}
        </p>
      )}
      <Button
        size="sm"
        className="mt-2"
        onClick={() => onChange([...rules, { on: "failed", channel: "email", to: "" }])}
      >
        <Plus /> {t`Add a rule`}
      </Button>
    </section>
  );
}

interface RowProps {
  number: number;
  rule: Rule;
  onChange: (rule: Rule) => void;
  onRemove: () => void;
}

function RuleRow({ number, rule, onChange, onRemove }: RowProps) {
  const { to, kind } = channels()[rule.channel];
  const { data } = useQuery({
    queryKey: ["credentials", { limit: 200 }],
    queryFn: () => get<Page<Credential>>("credentials/", { limit: 200 }),
    enabled: kind !== undefined,
  });
  const credentials = data?.items.filter((one) => one.credential_type === kind) ?? [];
  const channel = (next: Rule["channel"]) => onChange({ on: rule.on, channel: next, to: "" });
  return (
    <li className="flex flex-wrap items-center gap-2 rounded-md border border-line p-2">
      <Select
        aria-label={t`When, of rule ${number}`}
        className="w-44"
        value={rule.on}
        onChange={(event) => onChange({ ...rule, on: event.target.value as Rule["on"] })}
      >
        {Object.entries(occasions()).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Select>
      <Select
        aria-label={t`How, by rule ${number}`}
        className="w-28"
        value={rule.channel}
        onChange={(event) => channel(event.target.value as Rule["channel"])}
      >
        {Object.entries(channels()).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Select>
      <Input
        aria-label={t`${to} of rule ${number}`}
        placeholder={to}
        className="min-w-40 flex-1"
        value={rule.to}
        onChange={(event) => onChange({ ...rule, to: event.target.value })}
      />
      {kind && (
        <Select
          aria-label={t`Credential of rule ${number}`}
          className="w-40"
          value={rule.credential_id ?? ""}
          onChange={(event) => onChange({ ...rule, credential_id: Number(event.target.value) || null })}
        >
          <option value="">{kind === "telegram" ? t`Choose a bot` : t`Not signed`}</option>
          {credentials.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
      )}
      {rule.on === "waiting" && (
        <label className="flex items-center gap-1.5 text-xs text-muted">
          <Trans>
            after{" "}
            <Input
              type="number"
              min={1}
              className="w-20"
              value={rule.after_minutes ?? 60}
              onChange={(event) => onChange({ ...rule, after_minutes: Number(event.target.value) || 60 })}
            />{" "}
            minutes
          </Trans>
        </label>
      )}
      <IconButton label={t`Remove rule ${number}`} size="icon-sm" className="ml-auto" onClick={onRemove}>
        <Trash2 />
      </IconButton>
    </li>
  );
}
