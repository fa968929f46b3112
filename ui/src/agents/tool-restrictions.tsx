import { useLingui } from "@lingui/react/macro";
import { CheckField, SelectField } from "../kit/field";
import { useCollections, useTagValues } from "../library/use-documents";
import type { ToolDraft } from "./use-tools";

type Props = { draft: ToolDraft; onChange: (part: Partial<ToolDraft>) => void };

/** Which documents a tool may see: by collection and by tag; both must hold. */
export function ToolRestrictions({ draft, onChange }: Props) {
  const { t } = useLingui();
  const collections = useCollections().data?.results ?? [];
  const tags = Object.entries(useTagValues().data ?? {}).flatMap(([name, values]) => values.map((value) => ({ tag_name: name, tag_value: value, is_document_tags: true })));
  const slugs = draft.collection_parameters ?? [];
  const chosen = draft.tag_parameters ?? [];
  const isChosen = (tag: (typeof tags)[number]) => chosen.some((each) => each.tag_value === tag.tag_value && (each.tag_name ?? tag.tag_name) === tag.tag_name);
  return (
    <>
      <SelectField label={t`Collections that it may see`} value={draft.collection_mode} onChange={(event) => onChange({ collection_mode: event.target.value as ToolDraft["collection_mode"] })}>
        <option value="all_collections">{t`All`}</option>
        <option value="select_collections">{t`Only these`}</option>
        <option value="exclude_collections">{t`All but these`}</option>
      </SelectField>
      {draft.collection_mode !== "all_collections" ? (
        <div className="flex flex-col gap-1 ps-2">
          {collections.map(({ slug, name }) => (
            <CheckField key={slug} label={name} checked={slugs.includes(slug)} onChange={() => onChange({ collection_parameters: slugs.includes(slug) ? slugs.filter((each) => each !== slug) : [...slugs, slug] })} />
          ))}
        </div>
      ) : null}
      {tags.length > 0 ? (
        <SelectField label={t`Tags of the documents that it may see`} value={draft.tag_mode} onChange={(event) => onChange({ tag_mode: event.target.value as ToolDraft["tag_mode"] })}>
          <option value="all_tags">{t`All`}</option>
          <option value="select_tags">{t`Only these`}</option>
          <option value="exclude_tags">{t`All but these`}</option>
        </SelectField>
      ) : null}
      {tags.length > 0 && draft.tag_mode !== "all_tags" ? (
        <div className="flex max-h-60 flex-col gap-1 overflow-y-auto ps-2">
          {tags.map((tag) => (
            <CheckField key={`${tag.tag_name}: ${tag.tag_value}`} label={`${tag.tag_name}: ${tag.tag_value}`} checked={isChosen(tag)} onChange={() => onChange({ tag_parameters: isChosen(tag) ? chosen.filter((each) => each.tag_value !== tag.tag_value) : [...chosen, tag] })} />
          ))}
        </div>
      ) : null}
    </>
  );
}
