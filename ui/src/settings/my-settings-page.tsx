import { Trans, useLingui } from "@lingui/react/macro";
import { PageFrame } from "../kit/page";
import { useTitle } from "../kit/use-title";
import { useSession } from "../session/use-session";
import { PasswordForm } from "./password-form";
import { Tokens } from "./tokens";

export default function MySettingsPage() {
  const { t } = useLingui();
  const session = useSession();
  useTitle(t`My settings`);
  return (
    <PageFrame title={<Trans>My settings</Trans>}>
      <p className="text-muted">{session.data?.user.email}</p>
      <Tokens />
      <PasswordForm />
    </PageFrame>
  );
}
