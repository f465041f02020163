/** A field that names a node of the workflow. */
import { WIDGETS, type WidgetProps } from "@/components/forms/widgets";
import { Select } from "@/components/ui/field";
import { useDocument } from "./context";

function NodeWidget({ wiring, value, onChange }: WidgetProps) {
  const ids = useDocument((state) => Object.keys(state.nodes).join(" ")).split(" ");
  return (
    <Select {...wiring} value={String(value ?? "")} onChange={(event) => onChange(event.target.value)}>
      <option value="">–</option>
      {ids.map((id) => (
        <option key={id}>{id}</option>
      ))}
    </Select>
  );
}

WIDGETS.node = NodeWidget;
