/** What the key of a step tells, such as "loop_1[2]/set_3": functions of texts. */

export const lastPart = (stepKey: string) => stepKey.split("/").pop()!;

/** Which time around the loops that the step is in: "[2]", within two loops "[0][2]", outside of loops nothing. */
export function iterationOf(stepKey: string): string {
  const around = stepKey.split("/").slice(0, -1);
  return around.map((part) => /\[\d+\]$/.exec(part)?.[0] ?? "").join("");
}
