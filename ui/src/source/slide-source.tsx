import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { IconButton } from "../kit/button";
import { LeftIcon, RightIcon } from "../kit/icons";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Block } from "./text-source";
import { quoteOf, useSlide, type Slide } from "./use-office";
import type { SourceData } from "./use-source";

/** A deck, slide by slide, with the quoted words marked. */
export function SlideSource({ data }: { data: SourceData }) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState<number | null>(null);
  const number = chosen ?? data.min_page ?? 1;
  const slide = useSlide(data.chunk_id, number, quoteOf(data));
  const count = slide.data?.count ?? data.page_count ?? number;
  const go = (to: number) => setChosen(Math.min(Math.max(to, 1), count));
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div role="toolbar" aria-label={t`Slides`} className="flex shrink-0 items-center justify-center gap-1 border-b px-2 py-1">
        <IconButton label={t`Previous slide`} small onClick={() => go(number - 1)} disabled={number <= 1}>
          <LeftIcon size={16} />
        </IconButton>
        <span aria-live="polite" className="min-w-24 text-center text-sm text-muted">
          {t`Slide ${number} of ${count}`}
        </span>
        <IconButton label={t`Next slide`} small onClick={() => go(number + 1)} disabled={number >= count}>
          <RightIcon size={16} />
        </IconButton>
      </div>
      <QueryError className="m-4" query={slide} />
      {slide.isPending ? (
        <div className="p-4">
          <SkeletonLines count={6} />
        </div>
      ) : null}
      {slide.data ? <Sheet key={number} slide={slide.data} label={t`Slide ${number}`} /> : null}
    </div>
  );
}

function Sheet({ slide, label }: { slide: Slide; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector(".mark")?.scrollIntoView({ block: "center" });
  }, []);
  const on = slide.blocks.filter((block) => block.part === "slide");
  const beside = slide.blocks.filter((block) => block.part !== "slide");
  return (
    <div ref={box} tabIndex={0} role="region" aria-label={label} className="min-h-0 flex-1 overflow-y-auto bg-sunken p-3 outline-offset-[-2px] sm:p-5">
      <div data-slide={slide.number} className="slide prose mx-auto max-w-3xl border bg-panel px-[7%] py-[5%]" dir="auto">
        {on.length > 0 ? on.map((block, at) => <SlideBlock key={at} block={block} />) : <p className="text-muted">{<Trans>There are no words on this slide.</Trans>}</p>}
      </div>
      {beside.length > 0 ? (
        <section className="prose mx-auto max-w-3xl px-1 pt-4 text-sm" dir="auto">
          <h3>
            <Trans>Notes and comments</Trans>
          </h3>
          {beside.map((block, at) => (
            <SlideBlock key={at} block={block} />
          ))}
        </section>
      ) : null}
    </div>
  );
}

function SlideBlock({ block }: { block: Slide["blocks"][number] }) {
  const span = block.start != null && block.end != null ? { start: block.start, end: block.end } : null;
  return <Block type={block.type} text={block.text} range={{ start: 0, end: block.text.length }} span={span} />;
}
