import { Trans, useLingui } from "@lingui/react/macro";
import { SelectField } from "../kit/field";
import { LOCALES, setLocale, type Locale } from "../kit/locale";
import { Section } from "../kit/page";
import { useTheme, type Theme } from "../kit/use-theme";

/** Theme and language of this browser. */
export function Appearance() {
  const { t, i18n } = useLingui();
  const { theme, themes, setTheme } = useTheme();
  return (
    <Section title={<Trans>Appearance</Trans>} hint={<Trans>Kept in this browser.</Trans>}>
      <div className="flex flex-wrap gap-3">
        <SelectField className="w-56 max-sm:grow" label={t`Theme`} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          {themes.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <SelectField className="w-56 max-sm:grow" label={t`Language`} value={i18n.locale} onChange={(event) => void setLocale(event.target.value as Locale)}>
          {Object.entries(LOCALES).map(([value, label]) => (
            <option key={value} value={value} lang={value}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
    </Section>
  );
}
