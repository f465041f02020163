import { t } from "@lingui/core/macro";
import { Card } from "@/components/ui/misc";
import { duration, money } from "@/lib/format";
import type { Day } from "./queries";

/** The charts in numbers, the newest day first; days without a run are left out. */
export function DayTable({ days }: { days: Day[] }) {
  return (
    <Card className="overflow-x-auto">
      <table className="w-full text-right tabular-nums">
        <caption className="p-3 text-left text-xs text-muted">{t`By day, in UTC`}</caption>
        <thead className="border-b border-line text-xs text-muted">
          <tr>
            <th className="p-2 pl-3 text-left font-medium">{t`Day`}</th>
            <th className="p-2 font-medium">{t`Runs`}</th>
            <th className="p-2 font-medium">{t`Failed`}</th>
            <th className="p-2 font-medium">{t`Cancelled`}</th>
            <th className="p-2 font-medium">{t`Average`}</th>
            <th className="p-2 font-medium">{t`Longest`}</th>
            <th className="p-2 font-medium">{t`Tokens`}</th>
            <th className="p-2 pr-3 font-medium">{t`Cost`}</th>
          </tr>
        </thead>
        <tbody>
          {days
            .filter((day) => day.runs)
            .toReversed()
            .map((day) => (
              <tr key={day.date} className="border-b border-line last:border-0">
                <th scope="row" className="p-2 pl-3 text-left font-normal whitespace-nowrap">
                  {day.date}
                </th>
                <td className="p-2">{day.runs.toLocaleString("en")}</td>
                <td className="p-2">{day.failed.toLocaleString("en")}</td>
                <td className="p-2">{day.cancelled.toLocaleString("en")}</td>
                <td className="p-2 whitespace-nowrap">{duration(day.average_ms)}</td>
                <td className="p-2 whitespace-nowrap">{duration(day.longest_ms)}</td>
                <td className="p-2">{day.total_tokens.toLocaleString("en")}</td>
                <td className="p-2 pr-3">{money(day.total_cost_usd)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </Card>
  );
}
