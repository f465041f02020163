import { CronInput } from "./cron-input";
import { text, type WidgetProps } from "./widget";

/** The cron line of a node, in the zone that stands beside it. */
export function CronWidget({ wiring, value, onChange, siblings, root }: WidgetProps) {
  const zone = siblings("timezone", root.properties?.timezone ?? {});
  return <CronInput wiring={wiring} value={text(value)} onChange={onChange} timezone={text(zone) || "UTC"} />;
}
