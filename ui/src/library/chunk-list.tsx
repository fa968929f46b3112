import { Trans, useLingui } from "@lingui/react/macro";
import type { UseQueryResult } from "@tanstack/react-query";
import { memo, useEffect, useRef } from "react";
import { usePlaceText } from "../conversation/place-text";
import { cx } from "../kit/cx";
import { EmptyState, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Passage } from "../source/text-source";
import type { Pointed } from "./pointed";
import type { Chunk } from "./use-document";

type Props = {
  chunks: UseQueryResult<Chunk[]>;
  /** Reading has ended without any text. */
  hasFailed: boolean;
  page: number | null;
  pointed: Pointed;
  onPoint: (pointed: Pointed) => void;
  /** What the pointer is over, here or on the page. */
  hovered: Pointed;
  onHover: (hovered: Pointed) => void;
};

/** The document's text chunk by chunk. What the pointer is over is marked on its page; the page that is seen comes along. */
export function ChunkList({ chunks, hasFailed, page, pointed, onPoint, hovered, onHover }: Props) {
  const { t } = useLingui();
  const box = useRef<HTMLDivElement>(null);
  const rows = chunks.data ?? [];
  const first = page === null ? undefined : rows.find((chunk) => chunk.min_page !== null && chunk.min_page <= page && (chunk.max_page ?? chunk.min_page) >= page);
  const shown = hovered ?? pointed;
  const wanted = pointed?.chunk.id ?? first?.id;
  useEffect(() => {
    const section = wanted ? box.current?.querySelector<HTMLElement>(`[data-chunk="${wanted}"]`) : null;
    if (section) section.parentElement?.scrollTo({ top: section.offsetTop });
  }, [wanted]);
  if (chunks.isPending) return <div className="p-4">{<SkeletonLines count={8} />}</div>;
  if (chunks.isLoadingError) return <QueryError className="m-4" query={chunks} />;
  if (rows.length === 0) {
    return hasFailed ? (
      <EmptyState title={<Trans>No text</Trans>}>
        <Trans>Nothing of this document can be found or cited.</Trans>
      </EmptyState>
    ) : (
      <EmptyState title={<Trans>No text yet</Trans>}>
        <Trans>It appears here once the document has been read.</Trans>
      </EmptyState>
    );
  }
  return (
    <div ref={box} tabIndex={0} role="region" aria-label={t`Text of the document`} className="relative min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
      {rows.map((chunk) => (
        <ChunkText key={chunk.id} chunk={chunk} isPointed={pointed?.chunk.id === chunk.id} block={shown?.chunk.id === chunk.id ? shown.block : null} onPoint={onPoint} onHover={onHover} />
      ))}
    </div>
  );
}

type ChunkProps = Pick<Props, "onPoint" | "onHover"> & { chunk: Chunk; isPointed: boolean; /** The number of the block that is pointed at. */ block: number | null };

const ChunkText = memo(function ChunkText({ chunk, isPointed, block: marked, onPoint, onHover }: ChunkProps) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    // Found by pointing at the page: it comes into view, unless it is there.
    if (marked !== null) box.current?.querySelector(`[data-block="${marked}"]:not(:hover)`)?.scrollIntoView({ block: "nearest" });
  }, [marked]);
  return (
    <section ref={box} data-chunk={chunk.id} aria-label={t`Chunk ${chunk.ordinal + 1}`} className={cx("thread-turn border-b px-4 py-3", isPointed && "bg-mark-soft")}>
      <header className="mb-1 flex items-baseline gap-2 text-sm text-muted">
        <button type="button" aria-pressed={isPointed} onClick={() => onPoint(isPointed ? null : { chunk, block: null })} className="shrink-0 rounded-sm border px-1.5 leading-5 whitespace-nowrap hover:bg-hover aria-pressed:border-accent aria-pressed:text-accent">
          <Trans>Chunk {chunk.ordinal + 1}</Trans>
        </button>
        <span className="shrink-0">{placeText({ place: chunk.blocks[0]?.place ?? null, page: chunk.min_page })}</span>
        <span dir="auto" className="min-w-0 truncate">
          {chunk.heading_path.join(" › ")}
        </span>
      </header>
      <Passage
        data={{ content: chunk.content, blocks: chunk.blocks.map((block) => ({ ...block, page: block.page ?? null })), start: null, end: null }}
        wrap={(block, drawn) => (
          <div key={block} data-block={block} onPointerEnter={() => onHover({ chunk, block })} onPointerLeave={() => onHover(null)} className={cx("-mx-2 rounded-sm px-2", block === marked && "bg-mark-soft outline-1 outline-mark")}>
            {drawn}
          </div>
        )}
      />
    </section>
  );
});
