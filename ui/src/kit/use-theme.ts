import { useLingui } from "@lingui/react/macro";
import { useSyncExternalStore } from "react";
import { currentTheme, setTheme as choose, type Theme } from "./theme";

export type { Theme };

const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function setTheme(theme: Theme): void {
  choose(theme);
  for (const listener of listeners) listener();
}

/** The theme that was chosen in this browser, the ones there are, and what chooses one. */
export function useTheme(): { theme: Theme; themes: ReadonlyArray<{ value: Theme; label: string }>; setTheme: (theme: Theme) => void } {
  const { t } = useLingui();
  const theme = useSyncExternalStore(subscribe, currentTheme);
  const themes: ReadonlyArray<{ value: Theme; label: string }> = [
    { value: "system", label: t`As the system` },
    { value: "light", label: t`Light` },
    { value: "dark", label: t`Dark` },
  ];
  return { theme, themes, setTheme };
}
