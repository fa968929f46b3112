import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Markdown } from "../conversation/markdown";
import { Button } from "../kit/button";
import { TextArea } from "../kit/field";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useReturnedFocus } from "../kit/use-returned-focus";
import { useAccess } from "../projects/use-access";
import { NotWritten } from "./not-written";
import { useArtifactWords } from "./use-artifact-words";
import { useArtifact, useEditText, type Artifact, type TextSlug } from "./use-knowledge";
import { VersionsButton, type Content } from "./versions";

/** A text that agents read before they answer. */
export function TextArtifact({ slug }: { slug: TextSlug }) {
  const artifact = useArtifact(slug);
  if (artifact.isPending) return <SkeletonLines />;
  if (artifact.isLoadingError) return <QueryError query={artifact} />;
  return <Text slug={slug} artifact={artifact.data} />;
}

function Text({ slug, artifact }: { slug: TextSlug; artifact: Artifact }) {
  const { t } = useLingui();
  const { isAdmin } = useAccess();
  const edit = useEditText(slug);
  const { title, purpose } = useArtifactWords()(artifact);
  const before = textOf(artifact.content);
  // With the version that it began from: a newer one that comes meanwhile neither ends it nor is written over.
  const [draft, setDraft] = useState<{ content: string; base: number } | null>(null);
  const button = useReturnedFocus(draft !== null);
  const begin = isAdmin ? (
    <>
      <Button ref={button} onClick={() => setDraft({ content: before, base: artifact.version })}>{before ? <Trans>Edit</Trans> : <Trans>Write it</Trans>}</Button>
      <VersionsButton artifact={artifact}>{(content) => <Markdown content={textOf(content)} />}</VersionsButton>
    </>
  ) : null;
  if (draft !== null) {
    return (
      <Section title={title} hint={purpose}>
        {edit.isError ? <ErrorNote error={edit.error} /> : null}
        <TextArea label={t`Text, in Markdown`} autoFocus rows={16} maxLength={50_000} value={draft.content} onChange={(event) => setDraft({ ...draft, content: event.target.value })} />
        <div className="flex gap-2">
          <Button look="primary" disabled={edit.isPending} onClick={() => edit.mutate(draft, { onSuccess: () => setDraft(null) })}>
            <Trans>Save</Trans>
          </Button>
          <Button
            look="quiet"
            onClick={() => {
              edit.reset();
              setDraft(null);
            }}
          >
            <Trans>Cancel</Trans>
          </Button>
        </div>
      </Section>
    );
  }
  if (!before) {
    return (
      <EmptyState title={title} action={begin}>
        {purpose} <NotWritten />
      </EmptyState>
    );
  }
  return (
    <Section title={title} hint={purpose}>
      <Markdown content={before} />
      <div className="flex flex-wrap gap-2">{begin}</div>
    </Section>
  );
}

const textOf = (content: Content) => String(content.text ?? "");
