import { Trans, useLingui } from "@lingui/react/macro";
import { useMemo } from "react";
import { usePlaceText } from "../conversation/place-text";
import { EmptyState } from "../kit/notes";
import type { Pointed } from "./pointed";
import type { Chunk } from "./use-document";

type Entry = { title: string; depth: number; chunk: Chunk };

/** The headings of a document in their order; a click leads to what stands below one. */
export function Outline({ chunks, onPoint }: { chunks: readonly Chunk[]; onPoint: (pointed: Pointed) => void }) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const entries = useMemo(() => entriesOf(chunks), [chunks]);
  if (entries.length === 0) {
    return (
      <EmptyState title={<Trans>No headings</Trans>}>
        <Trans>This document has none that could be recognised.</Trans>
      </EmptyState>
    );
  }
  return (
    <nav aria-label={t`Headings`} className="min-h-0 flex-1 overflow-y-auto p-2">
      <ol>
        {entries.map((entry, index) => (
          <li key={index}>
            <button type="button" onClick={() => onPoint({ chunk: entry.chunk, block: null })} className="flex w-full items-baseline gap-3 rounded-md px-2 py-1 text-start hover:bg-hover" style={{ paddingInlineStart: `${0.5 + Math.min(entry.depth, 6) * 1.25}rem` }}>
              <span dir="auto" className={entry.depth === 0 ? "min-w-0 flex-1 font-medium break-words" : "min-w-0 flex-1 break-words"}>
                {entry.title}
              </span>
              <span className="shrink-0 text-sm text-muted">{placeText({ place: null, page: entry.chunk.min_page })}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** A heading where it is first seen; each stands in the paths of all chunks below it. */
export function entriesOf(chunks: readonly Chunk[]): Entry[] {
  const entries: Entry[] = [];
  let before: string[] = [];
  for (const chunk of chunks) {
    const path = chunk.heading_path;
    const same = path.findIndex((title, depth) => before[depth] !== title);
    if (same >= 0) for (let depth = same; depth < path.length; depth++) entries.push({ title: path[depth] as string, depth, chunk });
    before = path;
  }
  return entries;
}
