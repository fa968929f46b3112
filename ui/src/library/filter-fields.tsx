import { useLingui } from "@lingui/react/macro";
import { SelectField } from "../kit/field";
import { useCollections, useMetadataValues, useTagValues } from "./use-documents";

// Fields that limit documents; each is there only where there is something to choose.
type Props = { value: string; onChange: (value: string) => void };

const MOST = 200; // values of a name
const LOOK = "w-44 max-sm:grow";

/** `by`: what names a collection. */
export function CollectionField({ value, onChange, by }: Props & { by: "id" | "slug" }) {
  const { t } = useLingui();
  const collections = useCollections().data?.results ?? [];
  if (collections.length < 2) return null;
  return (
    <SelectField className={LOOK} label={t`Collection`} hideLabel value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{t`All collections`}</option>
      {collections.map((each) => (
        <option key={each.slug} value={by === "slug" ? each.slug : (each.id ?? "default")}>
          {each.name} ({each.document_count})
        </option>
      ))}
    </SelectField>
  );
}

/** Pairs of metadata, as "key: value". */
export function MetadataField(props: Props) {
  const { t } = useLingui();
  return <ValuesField {...props} label={t`Metadata`} any={t`Any metadata`} known={useMetadataValues().data ?? {}} valueOf={(key, value) => `${key}: ${value}`} />;
}

/** Values of tags, below their names. */
export function TagField(props: Props) {
  const { t } = useLingui();
  return <ValuesField {...props} label={t`Tag`} any={t`Any tag`} known={useTagValues().data ?? {}} valueOf={(_, value) => value} />;
}

type ValuesProps = Props & { label: string; any: string; known: Readonly<Record<string, readonly string[]>>; valueOf: (name: string, value: string) => string };

function ValuesField({ value, onChange, label, any, known, valueOf }: ValuesProps) {
  const names = Object.entries(known);
  if (names.length === 0) return null;
  return (
    <SelectField className={LOOK} label={label} hideLabel value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{any}</option>
      {names.map(([name, values]) => (
        <optgroup key={name} label={name}>
          {values.slice(0, MOST).map((each) => (
            <option key={each} value={valueOf(name, each)}>
              {each}
            </option>
          ))}
        </optgroup>
      ))}
    </SelectField>
  );
}
