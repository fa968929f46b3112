import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { PageFrame } from "../kit/page";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { useProject } from "../projects/use-projects";
import { DesignTemplates } from "./design-templates";
import { GraphView } from "./graph-view";
import { MentalMap } from "./mental-map";
import { Playbooks } from "./playbooks";
import { Tags } from "./tags";
import { TextArtifact } from "./text-artifact";

/** What people know beside the documents, and what was found in them. */
export default function KnowledgePage() {
  const { t } = useLingui();
  const { part = "brief" } = useParams<{ part?: string }>();
  const project = useProject();
  const parts: Record<string, { label: string; content: () => React.ReactNode }> = {
    brief: { label: t`Brief`, content: () => <TextArtifact slug="brief" /> },
    general: { label: t`General knowledge`, content: () => <TextArtifact slug="general_knowledge" /> },
    documents: { label: t`About the documents`, content: () => <TextArtifact slug="corpus_description" /> },
    playbooks: { label: t`Playbooks`, content: () => <Playbooks /> },
    design_templates: { label: t`Templates`, content: () => <DesignTemplates /> },
    words: { label: t`Words`, content: () => <MentalMap /> },
    tags: { label: t`Tags`, content: () => <Tags /> },
    graph: { label: t`Graph`, content: () => <GraphView /> },
  };
  useTitle(parts[part]?.label, t`Knowledge`, project.name);
  const tabs = Object.entries(parts).map(([name, { label }]) => ({ href: name === "brief" ? "/knowledge" : `/knowledge/${name}`, label, isHere: name === part }));
  if (!tabs.some((tab) => tab.isHere)) return <NotFoundPage project />;
  return (
    <PageFrame title={<Trans>Knowledge</Trans>}>
      <TabLinks label={t`Parts of the knowledge`} tabs={tabs} />
      <div key={part} className="flex flex-col gap-4">
        {parts[part]?.content()}
      </div>
    </PageFrame>
  );
}
