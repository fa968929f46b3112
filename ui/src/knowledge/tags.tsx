import { Trans } from "@lingui/react/macro";
import { Link } from "wouter";
import { TagIcon } from "../kit/icons";
import { EmptyState, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useTagValues } from "../library/use-documents";
import { TagFinders } from "./tag-finders";

/** The tags that documents of the project have, each name with its values. */
export function Tags() {
  const tags = useTagValues();
  if (tags.isPending) return <SkeletonLines />;
  if (tags.isLoadingError) return <QueryError query={tags} />;
  const rows = Object.entries(tags.data);
  return (
    <>
      {rows.length === 0 ? (
        <EmptyState icon={<TagIcon size={32} />} title={<Trans>No tags yet</Trans>}>
          <Trans>Searches and agents can be limited to documents with a tag. People give them in the library, or the server finds them by reading.</Trans>
        </EmptyState>
      ) : (
        <KnownTags rows={rows} />
      )}
      <TagFinders />
    </>
  );
}

function KnownTags({ rows }: { rows: ReadonlyArray<[string, string[]]> }) {
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
                <Link key={value} href={`/library?tag=${encodeURIComponent(value)}`} dir="auto" className="rounded-md border px-2 text-sm leading-6 hover:bg-hover">
                  {value}
                </Link>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
