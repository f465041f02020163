import { t } from "@lingui/core/macro";

/** Where conversations are held, by the API's words. */
export const channels = (): Record<string, string> => ({
  chat: t`Chat`,
  public: t`Public page`,
  telegram: t`Telegram`,
});
