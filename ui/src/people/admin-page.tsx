import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { PageFrame } from "../kit/page";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { useSession } from "../session/use-session";
import { AuditLog } from "./audit-log";
import { Health } from "./health";
import { Organizations } from "./organizations";
import { ServerUsage } from "./server-usage";
import { Users } from "./users";

export default function AdminPage() {
  const { t } = useLingui();
  const { part = "users", id } = useParams<{ part?: string; id?: string }>();
  const session = useSession();
  useTitle(t`Administration`);
  if (!session.data?.user.is_superuser) return part === "organizations" ? <OwnOrganizations id={id} /> : <NotFoundPage />;
  const tabs = [
    { href: "/admin", label: <Trans>Users</Trans>, isHere: part === "users" },
    { href: "/admin/organizations", label: <Trans>Organisations</Trans>, isHere: part === "organizations" },
    { href: "/admin/health", label: <Trans>Health</Trans>, isHere: part === "health" },
    { href: "/admin/usage", label: <Trans>Usage</Trans>, isHere: part === "usage" },
    { href: "/admin/audit", label: <Trans>Audit log</Trans>, isHere: part === "audit" },
  ];
  if (!tabs.some((tab) => tab.isHere)) return <NotFoundPage />;
  return (
    <PageFrame title={<Trans>Administration</Trans>}>
      <TabLinks label={t`Parts of the administration`} tabs={tabs} />
      {part === "organizations" ? <Organizations id={id} mayChange /> : part === "health" ? <Health /> : part === "usage" ? <ServerUsage /> : part === "audit" ? <AuditLog project={null} /> : <Users />}
    </PageFrame>
  );
}

/** For those who are admins of organisations, but do not run the server. */
function OwnOrganizations({ id }: { id: string | undefined }) {
  return (
    <PageFrame title={<Trans>Organisations</Trans>}>
      <Organizations id={id} mayChange={false} />
    </PageFrame>
  );
}
