import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { CountShown } from "../kit/count-shown";
import { SelectField, TextField } from "../kit/field";
import { CollectionField, MetadataField, TagField } from "./filter-fields";
import { useIndexing } from "./use-indexing";
import type { Filter, Sort, Status } from "./use-documents";

type Props = { filter: Filter; onChange: (filter: Filter) => void; shown: number; total: number };

export function LibraryFilter({ filter, onChange, shown, total }: Props) {
  const { t, i18n } = useLingui();
  const indexing = useIndexing();
  const languages = useMemo(() => {
    const names = new Intl.DisplayNames([i18n.locale], { type: "language" });
    const codes = new Set((indexing.data ?? []).flatMap((row) => row.language ?? []));
    return [...codes].map((code) => [code, nameOf(names, code)] as const).sort((a, b) => a[1].localeCompare(b[1]));
  }, [indexing.data, i18n.locale]);
  const set = (part: Partial<Filter>) => onChange({ ...filter, ...part });
  return (
    <div role="search" className="flex flex-wrap items-end gap-2">
      <TextField className="min-w-[min(12rem,100%)] flex-1" label={t`Name`} hideLabel type="search" dir="auto" placeholder={t`Filter by name`} value={filter.text} onChange={(event) => set({ text: event.target.value })} />
      <CollectionField by="id" value={filter.collection} onChange={(collection) => set({ collection })} />
      <MetadataField value={filter.metadata} onChange={(metadata) => set({ metadata })} />
      <TagField value={filter.tag} onChange={(tag) => set({ tag })} />
      {languages.length > 1 ? (
        <SelectField className="w-40 max-sm:grow" label={t`Language`} hideLabel value={filter.language} onChange={(event) => set({ language: event.target.value })}>
          <option value="">{t`Any language`}</option>
          {languages.map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : null}
      <SelectField className="w-40 max-sm:grow" label={t`State`} hideLabel value={filter.status} onChange={(event) => set({ status: event.target.value as Status })}>
        <option value="all">{t`Every state`}</option>
        <option value="searchable">{t`Searchable`}</option>
        <option value="busy">{t`Being read`}</option>
        <option value="failed">{t`Failed`}</option>
      </SelectField>
      <SelectField className="w-44 max-sm:grow" label={t`Order`} hideLabel value={filter.sort} onChange={(event) => set({ sort: event.target.value as Sort })}>
        <option value="newest">{t`Newest first`}</option>
        <option value="name">{t`By name`}</option>
        <option value="size">{t`Largest first`}</option>
        <option value="pages">{t`Most pages first`}</option>
      </SelectField>
      <CountShown shown={shown} total={total} />
    </div>
  );
}

/** What the browser calls the language of a code; the code where it is none. */
function nameOf(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
