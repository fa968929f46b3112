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
  const tabs = [
    { href: "/admin", label: t`Users`, isHere: part === "users" },
    { href: "/admin/organizations", label: t`Organisations`, isHere: part === "organizations" },
    { href: "/admin/health", label: t`Health`, isHere: part === "health" },
    { href: "/admin/usage", label: t`Usage`, isHere: part === "usage" },
    { href: "/admin/audit", label: t`Audit log`, isHere: part === "audit" },
  ];
  useTitle(tabs.find((tab) => tab.isHere)?.label, session.data?.user.is_superuser ? t`Administration` : undefined);
  if (!session.data?.user.is_superuser) return part === "organizations" ? <OwnOrganizations id={id} /> : <NotFoundPage />;
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
