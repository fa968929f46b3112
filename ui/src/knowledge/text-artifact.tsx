import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Markdown } from "../conversation/markdown";
import { Button } from "../kit/button";
import { TextArea } from "../kit/field";
import { EmptyState, ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useAccess } from "../projects/use-access";
import { useArtifactWords } from "./use-artifact-words";
import { useArtifact, useEditText, type Artifact, type TextSlug } from "./use-knowledge";

/** A text that agents read before they answer. */
export function TextArtifact({ slug }: { slug: TextSlug }) {
  const artifact = useArtifact(slug);
  if (artifact.isPending) return <SkeletonLines />;
  if (artifact.isError) return <ErrorNote error={artifact.error} retry={() => void artifact.refetch()} />;
  return <Text key={artifact.data.version} slug={slug} artifact={artifact.data} />;
}

function Text({ slug, artifact }: { slug: TextSlug; artifact: Artifact }) {
  const { t } = useLingui();
  const { isAdmin } = useAccess();
  const edit = useEditText(slug);
  const { title, purpose } = useArtifactWords()(artifact);
  const before = String(artifact.content.text ?? "");
  const [draft, setDraft] = useState<string | null>(null);
  const begin = isAdmin ? (
    <Button onClick={() => setDraft(before)}>{before ? <Trans>Edit</Trans> : <Trans>Write it</Trans>}</Button>
  ) : null;
  if (draft !== null) {
    return (
      <Section title={title} hint={purpose}>
        {edit.isError ? <ErrorNote error={edit.error} /> : null}
        <TextArea label={t`Text, in Markdown`} rows={16} maxLength={50_000} value={draft} onChange={(event) => setDraft(event.target.value)} />
        <div className="flex gap-2">
          <Button look="primary" disabled={edit.isPending} onClick={() => edit.mutate({ content: draft, base: artifact.version }, { onSuccess: () => setDraft(null) })}>
            <Trans>Save</Trans>
          </Button>
          <Button look="quiet" onClick={() => setDraft(null)}>
            <Trans>Cancel</Trans>
          </Button>
        </div>
      </Section>
    );
  }
  if (!before) {
    return (
      <EmptyState title={title} action={begin}>
        {purpose}
      </EmptyState>
    );
  }
  return (
    <Section title={title} hint={purpose}>
      <Markdown content={before} />
      <div>{begin}</div>
    </Section>
  );
}
