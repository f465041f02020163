/** What the API's words about deliveries mean to people. */
import { t } from "@lingui/core/macro";
import type { components } from "@/api/schema";

type Delivery = components["schemas"]["DeliveryShape"];

export const kinds = (): Record<string, string> => ({
  reply: t`Reply`,
  result: t`Result`,
  question: t`Question`,
  notice: t`Notice`,
});

export const channels = (): Record<string, string> => ({
  email: t`e-mail`,
  callback: t`callback`,
  telegram: t`Telegram`,
});

/** What was sent, and by what. */
export function wayOf({ kind, channel }: Pick<Delivery, "kind" | "channel">): string {
  return t`${kinds()[kind] ?? kind} by ${channels()[channel] ?? channel}`;
}
