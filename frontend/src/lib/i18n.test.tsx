import { i18n } from "@lingui/core";
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { generateMessageId } from "@lingui/message-utils/generateMessageId";
import { render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

const english = { locale: "en", messages: {} };
afterEach(() => i18n.loadAndActivate(english));

function Opened({ by }: { by: string }) {
  return (
    <Trans>
      opened by <b title={by} />, don't <a href="/">close</a> it
    </Trans>
  );
}

test("texts are shown as they stand in the source", () => {
  const steps = (count: number) => plural(count, { one: "# step", other: "# steps" });
  expect([steps(1), steps(0), steps(1234)]).toEqual(["1 step", "0 steps", "1,234 steps"]);
  const braces = "{{ n }}";
  expect(t`${braces} isn't “${steps(2)}”`).toBe("{{ n }} isn't “2 steps”");
  const { container } = render(<Opened by="Ada" />);
  expect(container.innerHTML).toBe('opened by <b title="Ada"></b>, don\'t <a href="/">close</a> it');
});

test("a catalogue comes before the source", () => {
  const messages = { [generateMessageId("Sign in")]: ["Anmelden"] };
  i18n.loadAndActivate({ locale: "de", messages });
  expect([t`Sign in`, t`Sign out`]).toEqual(["Anmelden", "Sign out"]);
});
