// The language of the page: the user's choice, else the first of the browser's that there is a catalogue for.
import { i18n, type Messages } from "@lingui/core";
import { read, write } from "./theme";

export const LOCALES = { en: "English", de: "Deutsch" } as const;
export type Locale = keyof typeof LOCALES;

const KEY = "citewell.locale";
const catalogues: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import("../locales/en.po"),
  de: () => import("../locales/de.po"),
};

export function chosenLocale(): Locale | null {
  const stored = read(KEY);
  return stored && stored in LOCALES ? (stored as Locale) : null;
}

function preferred(): Locale {
  const wanted = navigator.languages.map((language) => language.slice(0, 2));
  return (wanted.find((language) => language in LOCALES) as Locale | undefined) ?? "en";
}

export async function loadLocale(locale: Locale = chosenLocale() ?? preferred()): Promise<void> {
  const { messages } = await catalogues[locale]();
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
}

export async function setLocale(locale: Locale): Promise<void> {
  write(KEY, locale);
  await loadLocale(locale);
}
