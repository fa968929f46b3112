// Which languages there are, and which one this browser wants.
import type { Messages } from "@lingui/core";
import { read } from "./theme";

export const LOCALES = { en: "English", de: "Deutsch" } as const;
export type Locale = keyof typeof LOCALES;

export const LOCALE_KEY = "citewell.locale";
const catalogues: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import("../locales/en.po"),
  de: () => import("../locales/de.po"),
};

export const catalogueOf = (locale: Locale) => catalogues[locale]();

/** The user's choice, else the first of the browser's that there is a catalogue for. */
export function wantedLocale(): Locale {
  const stored = read(LOCALE_KEY);
  const wanted = [stored ?? "", ...navigator.languages.map((language) => language.slice(0, 2))];
  return (wanted.find((language) => language in LOCALES) as Locale | undefined) ?? "en";
}
