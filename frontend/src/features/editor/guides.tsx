import { ViewportPortal } from "@xyflow/react";
import type { Guide } from "./geometry";

/** The lines that show what a dragged box is in line with. */
export function Guides({ guides }: { guides: Guide[] }) {
  return (
    <ViewportPortal>
      {guides.map(({ axis, at, from, to }) => (
        <div
          key={`${axis}${at}`}
          data-guide={axis}
          className="pointer-events-none absolute bg-accent"
          style={
            axis === "x"
              ? { left: at, top: from - 20, width: 1, height: to - from + 40 }
              : { left: from - 20, top: at, width: to - from + 40, height: 1 }
          }
        />
      ))}
    </ViewportPortal>
  );
}
