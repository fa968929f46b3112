import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { IconButton } from "../kit/button";
import { LOCALES, setLocale, type Locale } from "../kit/locale";
import { Menu, MenuItem, MenuLine, MenuRadio } from "../kit/menu";
import { UserIcon } from "../kit/icons";
import { useTheme } from "../kit/use-theme";
import { useSession, useSignOut } from "../session/use-session";

export function UserMenu() {
  const { t, i18n } = useLingui();
  const session = useSession();
  const signOut = useSignOut();
  const [, navigate] = useLocation();
  const { theme, themes, setTheme } = useTheme();
  return (
    <Menu
      trigger={
        <IconButton label={t`You: settings, theme, language, sign out`}>
          <UserIcon />
        </IconButton>
      }
    >
      <div className="max-w-64 px-3 py-1.5">
        <div className="text-xs text-muted">
          <Trans>Signed in as</Trans>
        </div>
        <div className="truncate">{session.data?.user.email}</div>
      </div>
      <MenuLine />
      <MenuItem onSelect={() => navigate("~/settings")}>
        <Trans>My settings</Trans>
      </MenuItem>
      {session.data?.user.is_superuser ? (
        <MenuItem onSelect={() => navigate("~/admin")}>
          <Trans>Administration</Trans>
        </MenuItem>
      ) : null}
      <MenuItem onSelect={() => location.assign("/docs")}>
        <Trans>Manual and API</Trans>
      </MenuItem>
      <MenuLine />
      <MenuRadio label={t`Theme`} value={theme} options={themes} onChange={setTheme} />
      <MenuRadio label={t`Language`} value={i18n.locale as Locale} options={Object.entries(LOCALES).map(([value, label]) => ({ value: value as Locale, label }))} onChange={(next) => void setLocale(next)} />
      <MenuLine />
      <MenuItem onSelect={() => signOut.mutate()}>
        <Trans>Sign out</Trans>
      </MenuItem>
    </Menu>
  );
}
