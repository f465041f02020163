/** What the macro `<Trans>` becomes: as `t` does, it reads the one language of the page, and no context of React. */
import { i18n } from "@lingui/core";
import type { TransProps } from "@lingui/react";
import { TransNoContext } from "@lingui/react/server";

const lingui = { i18n };

export function Trans(props: TransProps) {
  return <TransNoContext {...props} lingui={lingui} />;
}
