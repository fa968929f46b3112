import { Trans } from "@lingui/react/macro";
import { TagIcon } from "../kit/icons";
import { EmptyState, ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useDocumentTags } from "./use-knowledge";

/** The tags that documents of the project have, each name with its values. */
export function Tags() {
  const tags = useDocumentTags();
  if (tags.isPending) return <SkeletonLines />;
  if (tags.isLoadingError) return <ErrorNote error={tags.error} retry={() => void tags.refetch()} />;
  const rows = Object.entries(tags.data);
  if (rows.length === 0) {
    return (
      <EmptyState icon={<TagIcon size={32} />} title={<Trans>No tags yet</Trans>}>
        <Trans>A tag extractor finds them in the documents; searches and agents can then be limited to them.</Trans>
      </EmptyState>
    );
  }
  return (
    <Section title={<Trans>Tags of documents</Trans>}>
      <dl className="flex flex-col gap-3">
        {rows.map(([name, values]) => (
          <div key={name}>
            <dt dir="auto" className="font-medium">
              {name}
            </dt>
            <dd className="mt-1 flex flex-wrap gap-1.5">
              {values.map((value) => (
                <span key={value} dir="auto" className="rounded-md border px-2 text-sm leading-6">
                  {value}
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
