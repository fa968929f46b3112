import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { PageFrame } from "../kit/page";
import { LoadingPage } from "../kit/skeleton";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { AuditLog } from "../people/audit-log";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { ProjectForm } from "./project-form";
import { Members } from "./members";
import { UsagePlots } from "./usage-plots";
import { Widgets } from "./widgets";

export default function ProjectSettingsPage() {
  const { t } = useLingui();
  const { part = "project" } = useParams<{ part?: string }>();
  const project = useProject();
  const access = useAccess();
  const tabs = [
    { href: "/settings", label: t`Project`, isHere: part === "project" },
    ...(access.isAdmin ? [{ href: "/settings/members", label: t`Members`, isHere: part === "members" }] : []),
    { href: "/settings/usage", label: t`Usage`, isHere: part === "usage" },
    ...(access.isAdmin ? [{ href: "/settings/widgets", label: t`Widgets`, isHere: part === "widgets" }] : []),
    ...(access.isAdmin ? [{ href: "/settings/audit", label: t`Audit log`, isHere: part === "audit" }] : []),
  ];
  useTitle(tabs.find((tab) => tab.isHere)?.label, t`Settings`, project.name);
  if (!tabs.some((tab) => tab.isHere)) return access.isKnown ? <NotFoundPage project /> : <LoadingPage />;
  return (
    <PageFrame title={<Trans>Settings</Trans>}>
      <TabLinks label={t`Parts of the settings`} tabs={tabs} />
      {part === "members" ? <Members /> : part === "widgets" ? <Widgets /> : part === "usage" ? <UsagePlots /> : part === "audit" ? <AuditLog project={project.id} /> : <ProjectForm isAdmin={access.isAdmin} />}
    </PageFrame>
  );
}
