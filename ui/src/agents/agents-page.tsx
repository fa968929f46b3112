import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Link, useParams } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { Button } from "../kit/button";
import { AgentIcon, PlusIcon } from "../kit/icons";
import { Badge, EmptyState, QueryError } from "../kit/notes";
import { PageFrame } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { AgentEditor } from "./agent-editor";
import { Compare } from "./compare";
import { ToolList } from "./tool-list";
import { useAgents, type Agent } from "./use-agents";

export default function AgentsPage() {
  const { t } = useLingui();
  const { part = "list" } = useParams<{ part?: string }>();
  const project = useProject();
  const tabs = [
    { href: "/agents", label: t`Agents`, isHere: part === "list" },
    { href: "/agents/tools", label: t`Tools`, isHere: part === "tools" },
    { href: "/agents/compare", label: t`Compare`, isHere: part === "compare" },
  ];
  useTitle(part === "list" ? undefined : tabs.find((tab) => tab.isHere)?.label, t`Agents`, project.name);
  if (!tabs.some((tab) => tab.isHere)) return <NotFoundPage project />;
  return (
    <PageFrame title={<Trans>Agents</Trans>}>
      <TabLinks label={t`Agents and tools`} tabs={tabs} />
      {part === "tools" ? <ToolList /> : part === "compare" ? <Compare /> : <AgentList />}
    </PageFrame>
  );
}

function AgentList() {
  const agents = useAgents();
  const access = useAccess();
  const [edited, setEdited] = useState<Agent | "new" | null>(null);
  return (
    <>
      {agents.isPending ? <SkeletonLines /> : null}
      <QueryError query={agents} />
      {access.isAdmin ? (
        <div>
          <Button look="primary" onClick={() => setEdited("new")}>
            <PlusIcon size={16} />
            <Trans>New agent</Trans>
          </Button>
        </div>
      ) : null}
      {agents.data?.length === 0 ? <EmptyState icon={<AgentIcon size={32} />} title={<Trans>No agents yet</Trans>} /> : null}
      <ul className="grid grid-cols-1 gap-3 md:grid-cols-2">
        {(agents.data ?? []).map((agent) => (
          <li key={agent.id} className="flex flex-col gap-2 rounded-lg border bg-panel p-4">
            <div className="flex items-center gap-2">
              <h2 dir="auto" className="min-w-0 flex-1 truncate font-semibold">
                {agent.name}
              </h2>
              {agent.is_default ? (
                <Badge tone="accent">
                  <Trans>default</Trans>
                </Badge>
              ) : null}
            </div>
            <p dir="auto" className="flex-1 text-sm text-muted">
              {agent.description}
            </p>
            <p className="text-sm">
              <span className="text-muted">
                <Trans>Model</Trans>
              </span>{" "}
              <code className="font-mono text-sm">{agent.model || <Trans>that of the project</Trans>}</code>
            </p>
            <div className="flex gap-2">
              <Link href={`/ask?agent=${agent.id}`} className="inline-flex h-7 items-center rounded-md border px-2 text-sm font-medium hover:bg-hover">
                <Trans>Ask it</Trans>
              </Link>
              {access.isAdmin ? (
                <Button small onClick={() => setEdited(agent)}>
                  {agent.readonly ? <Trans>Look at it</Trans> : <Trans>Edit</Trans>}
                </Button>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
      {edited ? <AgentEditor agent={edited === "new" ? null : edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}
