/**
 * The language of the page, imported before everything else. The texts stand in the sources in English, parsed while
 * building (texts.js), so English needs no catalogue.
 */
import { i18n } from "@lingui/core";

i18n.loadAndActivate({ locale: "en", messages: {} });
