import { Trans, useLingui } from "@lingui/react/macro";
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { usePlaceText } from "../conversation/place-text";
import { cx } from "../kit/cx";
import { EmptyState, ErrorNote } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Passage } from "../source/text-source";
import type { Chunk } from "./use-document";

type Pointed = { chunk: Chunk; block: number | null } | null;
type Props = { chunks: UseQueryResult<Chunk[]>; page: number | null; pointed: Pointed; onPoint: (pointed: Pointed) => void };

/** The document's text chunk by chunk. A click on a block marks it on its page; the page that is seen comes along. */
export function ChunkList({ chunks, page, pointed, onPoint }: Props) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const box = useRef<HTMLDivElement>(null);
  const rows = chunks.data ?? [];
  const first = page === null ? undefined : rows.find((chunk) => chunk.min_page !== null && chunk.min_page <= page && (chunk.max_page ?? chunk.min_page) >= page);
  useEffect(() => {
    const section = first && !pointed ? box.current?.querySelector<HTMLElement>(`[data-chunk="${first.id}"]`) : null;
    if (section) section.parentElement?.scrollTo({ top: section.offsetTop });
  }, [first, pointed]);
  if (chunks.isPending) return <div className="p-4">{<SkeletonLines count={8} />}</div>;
  if (chunks.isLoadingError) return <ErrorNote className="m-4" error={chunks.error} />;
  if (rows.length === 0) {
    return (
      <EmptyState title={<Trans>No text yet</Trans>}>
        <Trans>It stands here as soon as the document has been read.</Trans>
      </EmptyState>
    );
  }
  return (
    <div ref={box} tabIndex={0} role="region" aria-label={t`Text of the document`} className="relative min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
      {rows.map((chunk) => {
        const isPointed = pointed?.chunk.id === chunk.id;
        return (
          <section key={chunk.id} data-chunk={chunk.id} aria-label={t`Chunk ${chunk.ordinal + 1}`} className={cx("thread-turn border-b px-4 py-3", isPointed && "bg-mark-soft")}>
            <header className="mb-1 flex items-baseline gap-2 text-sm text-muted">
              <button type="button" aria-pressed={isPointed} onClick={() => onPoint(isPointed ? null : { chunk, block: null })} className="shrink-0 rounded-sm border px-1.5 leading-5 whitespace-nowrap hover:bg-hover aria-pressed:border-accent aria-pressed:text-accent">
                <Trans>Chunk {chunk.ordinal + 1}</Trans>
              </button>
              <span className="shrink-0">{placeText({ place: null, page: chunk.min_page })}</span>
              <span dir="auto" className="min-w-0 truncate">
                {chunk.heading_path.join(" › ")}
              </span>
            </header>
            <Passage data={{ content: chunk.content, blocks: chunk.blocks.map((block) => ({ ...block, page: block.page ?? null })), start: null, end: null }} />
          </section>
        );
      })}
    </div>
  );
}
