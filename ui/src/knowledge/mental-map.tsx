import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type ReactNode } from "react";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { EditFooter } from "../kit/edit-footer";
import { TextArea, TextField } from "../kit/field";
import { KnowledgeIcon, PlusIcon } from "../kit/icons";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useAccess } from "../projects/use-access";
import { NotWritten } from "./not-written";
import { useArtifactWords } from "./use-artifact-words";
import { useArtifact, useEditMap, type MentalMap as MapData } from "./use-knowledge";
import { VersionsButton, type Content } from "./versions";

type Domain = NonNullable<MapData["domains"]>[number];
type Concept = NonNullable<Domain["concepts"]>[number];
/** `before`: the name of the concept that is edited; empty for a new one. */
type Draft = { domain: string; before: string; name: string; description: string; synonyms: string };

/** The words that people of this project use, by domain. */
export function MentalMap() {
  const { t } = useLingui();
  const artifact = useArtifact("mental_map");
  const wordsOf = useArtifactWords();
  const { isAdmin } = useAccess();
  const [edited, setEdited] = useState<Draft | null>(null);
  if (artifact.isPending) return <SkeletonLines />;
  if (artifact.isLoadingError) return <QueryError query={artifact} />;
  const domains = domainsOf(artifact.data.content);
  const blank = (domain: string): Draft => ({ domain, before: "", name: "", description: "", synonyms: "" });
  const add = isAdmin ? (
    <>
      <Button look="primary" onClick={() => setEdited(blank(domains[0]?.label ?? ""))}>
        <PlusIcon size={16} />
        <Trans>New concept</Trans>
      </Button>
      <VersionsButton artifact={artifact.data}>
        {(content) =>
          domainsOf(content).map((domain) => (
            <div key={domain.label}>
              <h3 dir="auto" className="mb-1 font-semibold">
                {domain.label}
              </h3>
              <Concepts domain={domain} />
            </div>
          ))
        }
      </VersionsButton>
    </>
  ) : null;
  return (
    <>
      {domains.length === 0 ? (
        <EmptyState icon={<KnowledgeIcon size={32} />} title={wordsOf(artifact.data).title} action={add}>
          {wordsOf(artifact.data).purpose} <NotWritten />
        </EmptyState>
      ) : (
        <div className="flex flex-wrap gap-2">{add}</div>
      )}
      {domains.map((domain) => (
        <Section key={domain.label} title={<span dir="auto">{domain.label}</span>} hint={domain.description}>
          <Concepts
            domain={domain}
            action={(concept) =>
              isAdmin ? (
                <Button small look="quiet" aria-label={t`Edit ${concept.name}`} onClick={() => setEdited({ domain: domain.label, before: concept.name, name: concept.name, description: concept.description ?? "", synonyms: (concept.synonyms ?? []).join(", ") })}>
                  <Trans>Edit</Trans>
                </Button>
              ) : null
            }
          />
        </Section>
      ))}
      {edited ? <ConceptDialog draft={edited} onDraft={setEdited} domains={domains} version={artifact.data.version} /> : null}
    </>
  );
}

const domainsOf = (content: Content) => (content.domains ?? []) as Domain[];

function Concepts({ domain, action }: { domain: Domain; action?: (concept: Concept) => ReactNode }) {
  return (
    <dl className="flex flex-col gap-3">
      {(domain.concepts ?? []).map((concept) => (
        <div key={concept.name} dir="auto">
          <dt className="flex flex-wrap items-baseline gap-2">
            <span className="font-medium">{concept.name}</span>
            {(concept.synonyms ?? []).length > 0 ? <span className="text-sm text-muted">{(concept.synonyms ?? []).join(", ")}</span> : null}
            {action?.(concept)}
          </dt>
          <dd className="break-words text-muted">
            {concept.description}
            {(concept.relations ?? []).map((relation) => (
              <span key={relation.relation + relation.to} className="block text-sm">
                {relation.relation} → {relation.to}
              </span>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

type DialogProps = { draft: Draft; onDraft: (draft: Draft | null) => void; domains: Domain[]; version: number };

function ConceptDialog({ draft, onDraft, domains, version }: DialogProps) {
  const { t } = useLingui();
  const edit = useEditMap();
  const set = (part: Partial<Draft>) => onDraft({ ...draft, ...part });
  const save = (changed: Domain[]) => edit.mutate({ content: { domains: changed }, base: version }, { onSuccess: () => onDraft(null) });
  return (
    <Dialog
      open
      onClose={() => onDraft(null)}
      title={draft.before ? t`Edit the concept` : t`New concept`}
      footer={
        <EditFooter
          onDelete={draft.before ? () => save(without(domains, draft.before)) : null}
          onSave={() => save(withConcept(domains, draft))}
          isReady={draft.name.trim() !== "" && draft.domain.trim() !== ""}
          isBusy={edit.isPending}
        />
      }
    >
      <div className="flex flex-col gap-3">
        {edit.isError ? <ErrorNote error={edit.error} /> : null}
        <TextField label={t`Domain`} dir="auto" maxLength={200} value={draft.domain} readOnly={draft.before !== ""} onChange={(event) => set({ domain: event.target.value })} />
        <TextField label={t`Name`} dir="auto" maxLength={200} value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        <TextArea label={t`What it means`} maxLength={4000} value={draft.description} onChange={(event) => set({ description: event.target.value })} />
        <TextField label={t`Other words for it, with commas between them`} dir="auto" value={draft.synonyms} onChange={(event) => set({ synonyms: event.target.value })} />
      </div>
    </Dialog>
  );
}

const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Without a concept, and without what led to it. */
function without(domains: readonly Domain[], name: string): Domain[] {
  return domains.map((domain) => ({
    ...domain,
    concepts: (domain.concepts ?? []).filter((each) => !isSame(each.name, name)).map((each) => ({ ...each, relations: (each.relations ?? []).filter((relation) => !isSame(relation.to, name)) })),
  }));
}

function withConcept(domains: readonly Domain[], draft: Draft): Domain[] {
  const synonyms = draft.synonyms
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
  const part = { name: draft.name.trim(), description: draft.description, synonyms };
  const renamed = (concept: Concept): Concept => ({
    ...concept,
    ...(draft.before && isSame(concept.name, draft.before) ? part : {}),
    relations: (concept.relations ?? []).map((relation) => (draft.before && isSame(relation.to, draft.before) ? { ...relation, to: part.name } : relation)),
  });
  const changed = domains.map((domain) => ({ ...domain, concepts: (domain.concepts ?? []).map(renamed) }));
  if (draft.before) return changed;
  const fresh: Concept = { ...part, relations: [] };
  const label = draft.domain.trim();
  if (!changed.some((domain) => isSame(domain.label, label))) return [...changed, { label, description: "", concepts: [fresh] }];
  return changed.map((domain) => (isSame(domain.label, label) ? { ...domain, concepts: [...(domain.concepts ?? []), fresh] } : domain));
}
