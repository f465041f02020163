import type { Point } from "./adding";

/** Where a menu opens that the keyboard asked for: at the first that is chosen, else in the middle of the canvas. */
export function menuPlace(selected: string[]): Point {
  const drawn = [...window.document.querySelectorAll(".react-flow__node, .react-flow__edge")];
  const first = drawn.find((one) => selected.includes(one.getAttribute("data-id") ?? ""));
  const canvas = window.document.querySelector(".react-flow")?.getBoundingClientRect();
  const box = first?.getBoundingClientRect() ?? canvas;
  return box ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : { x: 0, y: 0 };
}
