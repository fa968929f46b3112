import { Trans } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { useSearch } from "wouter";
import { Button } from "../kit/button";
import { FileIcon, PlusIcon } from "../kit/icons";
import { Badge, EmptyState, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useAccess } from "../projects/use-access";
import { TemplateDialog, type TemplateDraft } from "./template-dialog";
import { TemplateFiles } from "./template-files";
import { NotWritten } from "./not-written";
import { useArtifactWords } from "./use-artifact-words";
import { useArtifact, type DesignTemplate } from "./use-knowledge";
import { useTemplateFiles } from "./use-template-files";
import { VersionsButton, type Content } from "./versions";

const NEW: TemplateDraft = { name: "", when_to_use: "", notes: "", output_format: "docx" };

/** How finished documents should look, with the files that show it. */
export function DesignTemplates() {
  const artifact = useArtifact("design_templates");
  const files = useTemplateFiles();
  const wordsOf = useArtifactWords();
  const { isAdmin } = useAccess();
  const [edited, setEdited] = useState<TemplateDraft | null>(null);
  const wanted = new URLSearchParams(useSearch()).get("template");
  const isHere = artifact.isSuccess;
  useEffect(() => {
    // The address that an edit over the API gives leads to one template.
    if (isHere && wanted) document.getElementById(`template-${wanted}`)?.scrollIntoView({ block: "start" });
  }, [isHere, wanted]);
  if (artifact.isPending) return <SkeletonLines />;
  if (artifact.isLoadingError) return <QueryError query={artifact} />;
  const templates = templatesOf(artifact.data.content);
  const add = isAdmin ? (
    <>
      <Button look="primary" onClick={() => setEdited(NEW)}>
        <PlusIcon size={16} />
        <Trans>New template</Trans>
      </Button>
      <VersionsButton artifact={artifact.data}>
        {(content) =>
          templatesOf(content).map((template) => (
            <div key={template.id} className="flex flex-col gap-1">
              <h3 dir="auto" className="font-semibold">
                {template.name}
              </h3>
              <Facts template={template} />
            </div>
          ))
        }
      </VersionsButton>
    </>
  ) : null;
  return (
    <>
      {templates.length === 0 ? (
        <EmptyState icon={<FileIcon size={32} />} title={wordsOf(artifact.data).title} action={add}>
          {wordsOf(artifact.data).purpose} <NotWritten />
        </EmptyState>
      ) : (
        <div className="flex flex-wrap gap-2">{add}</div>
      )}
      <QueryError query={files} />
      {templates.map((template) => (
        <Section key={template.id} id={`template-${template.id}`} title={<span dir="auto">{template.name}</span>}>
          <Facts template={template} />
          <TemplateFiles template={template.id ?? ""} files={(files.data ?? []).filter((file) => file.template_id === template.id)} />
          {isAdmin ? (
            <div>
              <Button small onClick={() => setEdited({ ...NEW, ...template })}>
                <Trans>Edit</Trans>
              </Button>
            </div>
          ) : null}
        </Section>
      ))}
      {edited ? <TemplateDialog before={edited} version={artifact.data.version} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

const templatesOf = (content: Content) => (content.templates ?? []) as DesignTemplate[];

function Facts({ template }: { template: DesignTemplate }) {
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <Badge>{(template.output_format ?? "docx").toUpperCase()}</Badge>
        <span dir="auto" className="min-w-0 break-words text-muted">
          {template.when_to_use}
        </span>
      </p>
      {template.notes ? (
        <p dir="auto" className="break-words whitespace-pre-wrap">
          {template.notes}
        </p>
      ) : null}
    </>
  );
}
