import { useLingui } from "@lingui/react/macro";
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useEffect, useRef } from "react";
import { cx } from "../kit/cx";
import { useNear } from "../kit/use-near";

const WIDTH = 88; // pixels

export function PdfThumbnails({ pdf, current, onPage }: { pdf: PDFDocumentProxy; current: number; onPage: (page: number) => void }) {
  const { t } = useLingui();
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.querySelector(`[data-thumbnail="${current}"]`)?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <nav ref={box} aria-label={t`Small pages`} className="w-28 shrink-0 overflow-y-auto border-e py-2">
      {Array.from({ length: pdf.numPages }, (_, index) => (
        <Thumbnail key={index} pdf={pdf} number={index + 1} isCurrent={current === index + 1} box={box} onPage={onPage} />
      ))}
    </nav>
  );
}

type ThumbnailProps = { pdf: PDFDocumentProxy; number: number; isCurrent: boolean; box: React.RefObject<HTMLElement | null>; onPage: (page: number) => void };

function Thumbnail({ pdf, number, isCurrent, box, onPage }: ThumbnailProps) {
  const { t } = useLingui();
  const button = useRef<HTMLButtonElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const isNear = useNear(button, box);
  useEffect(() => {
    if (!isNear) return;
    let isOver = false;
    void pdf.getPage(number).then((page) => {
      const target = canvas.current;
      if (isOver || !target) return;
      const plain = page.getViewport({ scale: 1 });
      const viewport = page.getViewport({ scale: (WIDTH * (devicePixelRatio || 1)) / plain.width });
      target.width = viewport.width;
      target.height = viewport.height;
      page.render({ canvas: target, viewport }).promise.catch(() => undefined);
    });
    return () => {
      isOver = true;
    };
  }, [isNear, pdf, number]);
  return (
    <button ref={button} type="button" data-thumbnail={number} aria-label={t`Page ${number}`} aria-current={isCurrent ? "page" : undefined} onClick={() => onPage(number)} className="flex w-full flex-col items-center gap-0.5 py-1.5 hover:bg-hover">
      <canvas ref={canvas} width={WIDTH} height={WIDTH * 1.3} className={cx("w-22 border bg-paper", isCurrent && "outline-2 outline-accent")} />
      <span className="text-xs text-muted">{number}</span>
    </button>
  );
}
