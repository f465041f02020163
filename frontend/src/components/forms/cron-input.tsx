/** A cron line: chosen among what is usual or written, with the next times that it comes true. */
import { plural, t } from "@lingui/core/macro";
import { useState } from "react";
import { Checkbox, Input, Select, type Wiring } from "@/components/ui/field";
import { STEPS, dayNames, fieldNames, lineOf, timesOf, type Every, type Times } from "./cron";
import { Fires } from "./fires";

const choices = (): [Every, string][] => [
  ["minutes", t`Every few minutes`],
  ["hourly", t`Every hour`],
  ["daily", t`Every day`],
  ["weekly", t`Every week`],
  ["monthly", t`Every month`],
  ["fields", t`Cron line`],
];

interface Props {
  wiring: Wiring;
  value: string;
  onChange: (line: string) => void;
  timezone: string;
  /** Without a line there is nothing to choose: no "not by a cron line". */
  required?: boolean;
}

export function CronInput({ wiring, value, onChange, timezone, required }: Props) {
  const [raw, setRaw] = useState(false);
  const found = timesOf(value);
  const times: Times = raw ? { ...found, every: "fields" } : found;
  const isNone = value.trim() === "" && !raw;
  const change = (patch: Partial<Times>) => {
    if (times.every === "fields" && !patch.every) setRaw(true); // no jump to another form while it is written
    onChange(lineOf({ ...times, ...patch }));
  };
  const choose = (every: string) => {
    setRaw(every === "fields");
    if (every === "") onChange("");
    else if (every !== "fields") change({ every: every as Every });
    else if (isNone) onChange(lineOf({ ...found, every: "fields" }));
  };
  return (
    <div className="flex flex-col gap-2">
      <Select {...wiring} value={isNone ? "" : times.every} onChange={(event) => choose(event.target.value)}>
        {(isNone || !required) && (
          <option value="">{required ? t`Choose when` : t`Not by a cron line`}</option>
        )}
        {choices().map(([every, label]) => (
          <option key={every} value={every}>
            {label}
          </option>
        ))}
      </Select>
      {!isNone && <Parts times={times} onChange={change} />}
      {!isNone && times.every !== "fields" && <p className="font-mono text-xs text-muted">{value}</p>}
      {!isNone && <Fires timing={{ cron: value, timezone }} />}
    </div>
  );
}

interface PartsProps {
  times: Times;
  onChange: (patch: Partial<Times>) => void;
}

function Parts({ times, onChange }: PartsProps) {
  switch (times.every) {
    case "minutes":
      return (
        <Select
          aria-label={t`Minutes between`}
          value={times.step}
          onChange={(event) => onChange({ step: Number(event.target.value) })}
        >
          {STEPS.map((step) => (
            <option key={step} value={step}>
              {plural(step, { one: "every minute", other: "every # minutes" })}
            </option>
          ))}
        </Select>
      );
    case "hourly":
      return (
        <label className="flex items-center gap-2 text-sm">
          {t`at minute`}
          <Input
            type="number"
            min={0}
            max={59}
            className="w-20"
            value={times.minute}
            onChange={(event) => onChange({ minute: clamped(event.target.value, 0, 59) })}
          />
        </label>
      );
    case "daily":
      return <At times={times} onChange={onChange} />;
    case "weekly":
      return (
        <div className="flex flex-col gap-2">
          <Weekdays times={times} onChange={onChange} />
          <At times={times} onChange={onChange} />
        </div>
      );
    case "monthly":
      return (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <label className="flex items-center gap-2 text-sm">
            {t`on day`}
            <Input
              type="number"
              min={1}
              max={31}
              className="w-20"
              value={times.day}
              onChange={(event) => onChange({ day: clamped(event.target.value, 1, 31) })}
            />
          </label>
          <At times={times} onChange={onChange} />
        </div>
      );
    case "fields":
      return <FiveFields times={times} onChange={onChange} />;
  }
}

const clamped = (typed: string, from: number, to: number) =>
  Math.min(Math.max(Math.trunc(Number(typed)) || from, from), to);

function At({ times, onChange }: PartsProps) {
  const two = (number: number) => String(number).padStart(2, "0");
  return (
    <label className="flex items-center gap-2 text-sm">
      {t`at`}
      <Input
        type="time"
        className="w-36"
        value={`${two(times.hour)}:${two(times.minute)}`}
        onChange={(event) => {
          const [hour, minute] = event.target.value.split(":").map(Number);
          if (hour !== undefined && minute !== undefined) onChange({ hour, minute });
        }}
      />
    </label>
  );
}

function Weekdays({ times, onChange }: PartsProps) {
  const names = dayNames();
  const toggled = (day: number) =>
    times.weekdays.includes(day) ? times.weekdays.filter((one) => one !== day) : [...times.weekdays, day];
  return (
    <div role="group" aria-label={t`Days of the week`} className="flex flex-wrap gap-x-2 gap-y-1">
      {[1, 2, 3, 4, 5, 6, 0].map((day) => (
        <label key={day} className="flex items-center gap-1 text-xs">
          <Checkbox
            aria-label={names[day]}
            checked={times.weekdays.includes(day)}
            onChange={() => onChange({ weekdays: toggled(day).sort((a, b) => a - b) })}
          />
          {names[day]!.slice(0, 3)}
        </label>
      ))}
    </div>
  );
}

/** The line itself, part by part. A line such as `@daily` stands in the first. */
function FiveFields({ times, onChange }: PartsProps) {
  const put = (index: number, part: string) => {
    const pasted = part.trim().split(/\s+/);
    const fields = times.fields.map((one, i) => (i === index ? part.replace(/\s/g, "") : one));
    onChange({ fields: pasted.length === 5 ? pasted : fields });
  };
  return (
    <div className="grid grid-cols-5 gap-1">
      {fieldNames().map((label, index) => (
        <label key={label} className="flex flex-col gap-0.5 text-[11px] text-muted">
          <span className="truncate" title={label}>
            {label}
          </span>
          <Input
            className="px-1.5 text-center font-mono text-xs text-ink"
            value={times.fields[index] ?? ""}
            onChange={(event) => put(index, event.target.value)}
          />
        </label>
      ))}
    </div>
  );
}
