import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import { get } from "@/api/client";
import type { Credential, Page } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import type { Rule } from "./settings";

const WHEN: Record<Rule["on"], string> = {
  failed: "It fails",
  recovered: "It works again",
  waiting: "It waits too long",
  undelivered: "A delivery is given up",
};
const BY: Record<Rule["channel"], { label: string; to: string; kind?: string }> = {
  email: { label: "Mail", to: "Mail address" },
  callback: { label: "Callback", to: "URL", kind: "signing" },
  telegram: { label: "Telegram", to: "Id of the chat", kind: "telegram" },
};

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
        Who is told
      </h3>
      <p className="mb-2 text-xs text-muted">When something goes wrong, once for each time.</p>
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
        <Plus /> Add a rule
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
  const { to, kind } = BY[rule.channel];
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
        aria-label={`When, of rule ${number}`}
        className="w-44"
        value={rule.on}
        onChange={(event) => onChange({ ...rule, on: event.target.value as Rule["on"] })}
      >
        {Object.entries(WHEN).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Select>
      <Select
        aria-label={`How, by rule ${number}`}
        className="w-28"
        value={rule.channel}
        onChange={(event) => channel(event.target.value as Rule["channel"])}
      >
        {Object.entries(BY).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Select>
      <Input
        aria-label={`${to} of rule ${number}`}
        placeholder={to}
        className="min-w-40 flex-1"
        value={rule.to}
        onChange={(event) => onChange({ ...rule, to: event.target.value })}
      />
      {kind && (
        <Select
          aria-label={`Credential of rule ${number}`}
          className="w-40"
          value={rule.credential_id ?? ""}
          onChange={(event) => onChange({ ...rule, credential_id: Number(event.target.value) || null })}
        >
          <option value="">{kind === "telegram" ? "Choose a bot" : "Not signed"}</option>
          {credentials.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
      )}
      {rule.on === "waiting" && (
        <label className="flex items-center gap-1.5 text-xs text-muted">
          after
          <Input
            type="number"
            min={1}
            className="w-20"
            value={rule.after_minutes ?? 60}
            onChange={(event) => onChange({ ...rule, after_minutes: Number(event.target.value) || 60 })}
          />
          minutes
        </label>
      )}
      <IconButton label={`Remove rule ${number}`} size="icon-sm" className="ml-auto" onClick={onRemove}>
        <Trash2 />
      </IconButton>
    </li>
  );
}
