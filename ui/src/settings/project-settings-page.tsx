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
  useTitle(t`Settings`, project.name);
  const tabs = [
    { href: "/settings", label: <Trans>Project</Trans>, isHere: part === "project" },
    ...(access.isAdmin ? [{ href: "/settings/members", label: <Trans>Members</Trans>, isHere: part === "members" }] : []),
    { href: "/settings/usage", label: <Trans>Usage</Trans>, isHere: part === "usage" },
    ...(access.isAdmin ? [{ href: "/settings/widgets", label: <Trans>Widgets</Trans>, isHere: part === "widgets" }] : []),
    ...(access.isAdmin ? [{ href: "/settings/audit", label: <Trans>Audit log</Trans>, isHere: part === "audit" }] : []),
  ];
  if (!tabs.some((tab) => tab.isHere)) return access.isKnown ? <NotFoundPage project /> : <LoadingPage />;
  return (
    <PageFrame title={<Trans>Settings</Trans>}>
      <TabLinks label={t`Parts of the settings`} tabs={tabs} />
      {part === "members" ? <Members /> : part === "widgets" ? <Widgets /> : part === "usage" ? <UsagePlots /> : part === "audit" ? <AuditLog project={project.id} /> : <ProjectForm isAdmin={access.isAdmin} />}
    </PageFrame>
  );
}
