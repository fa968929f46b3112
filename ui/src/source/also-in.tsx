import { Trans } from "@lingui/react/macro";
import { usePlaceText } from "../conversation/place-text";
import { usePassages } from "../search/use-passages";
import { hasFigure, keyFigure } from "./key-figure";
import { quoteOf } from "./use-office";
import type { SourceData } from "./use-source";

const SHOWN = 5;

type Props = { data: SourceData; onOpen: (chunkId: string, passage: string) => void };

/** Where else in the document the quote's number stands, to compare. */
export function AlsoIn({ data, onOpen }: Props) {
  const placeText = usePlaceText();
  const figure = keyFigure(quoteOf(data) ?? "");
  const found = usePassages({ query: figure ? `"${figure}"` : "", mode: "hybrid", document: data.document_id });
  const elsewhere = new Map<string, { chunkId: string; passage: string; page: number }>();
  for (const row of found.data?.retrieval_results ?? []) {
    const chunkId = row.chunk_ids[0] ?? row.uuid;
    const place = placeText({ place: row.place ?? null, page: row.min_page });
    if (figure && chunkId !== data.chunk_id && place && hasFigure(row.passage, figure) && !elsewhere.has(place)) elsewhere.set(place, { chunkId, passage: row.passage, page: row.min_page ?? 0 });
  }
  const places = [...elsewhere].sort((a, b) => a[1].page - b[1].page);
  if (places.length === 0 || found.isPlaceholderData) return null;
  return (
    <p className="flex shrink-0 flex-wrap gap-x-2 border-t px-4 py-1.5 text-sm text-muted">
      <Trans>“{figure}” also in:</Trans>
      {places.slice(0, SHOWN).map(([place, { chunkId, passage }]) => (
        <button key={place} type="button" onClick={() => onOpen(chunkId, passage)} className="text-accent underline underline-offset-2">
          {place}
        </button>
      ))}
    </p>
  );
}
