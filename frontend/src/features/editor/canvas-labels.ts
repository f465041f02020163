import { t } from "@lingui/core/macro";
import type { AriaLabelConfig } from "@xyflow/react";

const directions = (): Record<string, string> => ({
  up: t`up`,
  down: t`down`,
  left: t`to the left`,
  right: t`to the right`,
});

/** What React Flow says of the canvas to those who do not see it. */
export const canvasLabels = (): Partial<AriaLabelConfig> => ({
  "node.a11yDescription.default": t`Press Enter or Space to choose a node, Delete to remove it, Escape to let it go.`,
  "node.a11yDescription.keyboardDisabled": t`Press Enter or Space to choose a node, the arrow keys to move it, Delete to remove it, Escape to let it go.`,
  "node.a11yDescription.ariaLiveMessage": ({ direction, x, y }) =>
    t`Moved ${directions()[direction] ?? direction}, to ${x}, ${y}.`,
  "edge.a11yDescription.default": t`Press Enter or Space to choose an edge, Delete to remove it, Escape to let it go.`,
  "handle.ariaLabel": t`Handle`,
});
