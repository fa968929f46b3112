import { CollectionField, MetadataField, TagField } from "../library/filter-fields";

type Props = { collection: string; tag: string; metadata: string; onChange: (changes: Record<string, string>) => void };

/** Where to search; each stands in the address. */
export function SearchFilters({ collection, tag, metadata, onChange }: Props) {
  return (
    <>
      <CollectionField by="slug" value={collection} onChange={(value) => onChange({ in: value })} />
      <MetadataField value={metadata} onChange={(value) => onChange({ with: value })} />
      <TagField value={tag} onChange={(value) => onChange({ tag: value })} />
    </>
  );
}
