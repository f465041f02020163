/** Milliseconds that a movement takes: none for those who want none. */
export function motion(ms = 200): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms;
}
