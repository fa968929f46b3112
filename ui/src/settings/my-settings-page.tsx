import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import { PageFrame, Section } from "../kit/page";
import { useTitle } from "../kit/use-title";
import { useOrganizations } from "../people/use-organizations";
import { useSession } from "../session/use-session";
import { Appearance } from "./appearance";
import { ConnectedClients } from "./connected-clients";
import { PasswordForm } from "./password-form";
import { Tokens } from "./tokens";

export default function MySettingsPage() {
  const { t } = useLingui();
  const session = useSession();
  useTitle(t`My settings`);
  return (
    <PageFrame title={<Trans>My settings</Trans>}>
      <p className="text-muted">{session.data?.user.email}</p>
      <Appearance />
      <Tokens />
      <ConnectedClients />
      <PasswordForm />
      <MyOrganizations />
    </PageFrame>
  );
}

/** The way to the organisations that one is an admin of; nothing for others. */
function MyOrganizations() {
  const organizations = useOrganizations();
  if (!organizations.data?.length) return null;
  return (
    <Section title={<Trans>Organisations</Trans>} hint={<Trans>You see their members and the keys of their directories.</Trans>}>
      <ul>
        {organizations.data.map((each) => (
          <li key={each.id} className="py-1">
            <Link href={`/admin/organizations/${each.id}`} dir="auto" className="break-words text-accent underline underline-offset-2">
              {each.name}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
