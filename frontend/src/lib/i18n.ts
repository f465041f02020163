/**
 * The language of the page, imported before everything else. The texts in the sources are English and what is shown in it,
 * so English needs no catalogue at run time; they are compiled when they are first shown (without evaluating code).
 */
import { i18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";

const compiled = new Map<string, ReturnType<typeof compileMessage>>();

i18n.setMessagesCompiler((message) => {
  const known = compiled.get(message) ?? compileMessage(message);
  compiled.set(message, known);
  return known;
});
i18n.loadAndActivate({ locale: "en", messages: {} });
