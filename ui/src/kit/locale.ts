// The language of the page.
import { i18n } from "@lingui/core";
import { catalogueOf, LOCALE_KEY, LOCALES, wantedLocale, type Locale } from "./locales";
import { write } from "./theme";

export { LOCALES, type Locale };

export async function loadLocale(locale: Locale = wantedLocale()): Promise<void> {
  const { messages } = await catalogueOf(locale);
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
}

export async function setLocale(locale: Locale): Promise<void> {
  write(LOCALE_KEY, locale);
  await loadLocale(locale);
}
