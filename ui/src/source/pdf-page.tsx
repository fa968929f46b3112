import type { PDFDocumentProxy, PDFPageProxy, RenderTask } from "pdfjs-dist";
import { memo, useEffect, useRef, useState, type RefObject } from "react";
import { loadPdfjs } from "./pdf";
import { PageMarksLayer } from "./page-marks-layer";
import { useNear } from "../kit/use-near";

/** Boxes (left, top, right, bottom) in points from the page's top left. */
export type PageMarks = { page: number; width: number; height: number; boxes: ReadonlyArray<readonly number[]> };

type Props = {
  pdf: PDFDocumentProxy;
  number: number;
  /** In points, until the page is there and says its own. */
  size: { width: number; height: number };
  scale: number;
  rotation: number;
  marks: PageMarks | null;
  box: RefObject<HTMLElement | null>;
  label: string;
  /** Drawn before those around it. */
  isWanted: boolean;
};

const MAX_PIXELS = 16_000_000;
const OTHERS_MS = 250; // the longest that pages beside the wanted one wait

/** A page as a canvas with its text above, for selecting; drawn while it is near what is seen. */
export const PdfPage = memo(function PdfPage({ pdf, number, size, scale, rotation, marks, box, label, isWanted }: Props) {
  const sheet = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const [page, setPage] = useState<PDFPageProxy | null>(null);
  const isNear = useNear(sheet, box, isWanted);

  useEffect(() => {
    let isOver = false;
    if (isNear && !page) pdf.getPage(number).then(
        (found) => (isOver ? undefined : setPage(found)),
        () => undefined,
      );
    return () => {
      isOver = true;
    };
  }, [isNear, page, pdf, number]);

  const view = page?.getViewport({ scale, rotation: (page.rotate + rotation) % 360 });
  const isTurned = rotation % 180 !== 0;
  const width = view?.width ?? (isTurned ? size.height : size.width) * scale;
  const height = view?.height ?? (isTurned ? size.width : size.height) * scale;

  useEffect(() => {
    const target = canvas.current;
    if (!page || !target || !isNear) return;
    let task: RenderTask | null = null;
    let layer: { cancel(): void } | null = null;
    const cancel = soon(isWanted, () => {
      task = draw(page, target, scale, rotation);
      void task.promise.then(
        async () => {
          if (target.parentElement) target.parentElement.dataset.drawn = "true";
          if (text.current) layer = await drawText(page, text.current, scale, rotation);
        },
        () => undefined,
      );
    });
    return () => {
      cancel();
      task?.cancel();
      layer?.cancel();
    };
    // Whether it is wanted says only when it is drawn, not how.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [page, isNear, scale, rotation]);

  return (
    <div ref={sheet} data-page={number} role="group" aria-label={label} className="relative shrink-0 border bg-paper" style={{ width: Math.floor(width), height: Math.floor(height) }}>
      <canvas ref={canvas} className="absolute inset-0 size-full" />
      {marks ? <PageMarksLayer marks={marks.width > 0 ? marks : { ...marks, ...sizeOf(page, size) }} rotation={rotation} /> : null}
      <div ref={text} className="text-layer" />
    </div>
  );
});

/** Acts at once, or when the browser has nothing else to do. Returns what calls it off. */
function soon(isUrgent: boolean, act: () => void): () => void {
  if (isUrgent || !("requestIdleCallback" in window)) {
    const timer = setTimeout(act, isUrgent ? 0 : OTHERS_MS);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(act, { timeout: OTHERS_MS });
  return () => cancelIdleCallback(handle);
}

/** Of the page as it lies in the file, in points. */
function sizeOf(page: PDFPageProxy | null, size: { width: number; height: number }): { width: number; height: number } {
  const view = page?.getViewport({ scale: 1 });
  return view ? { width: view.width, height: view.height } : size;
}

function draw(page: PDFPageProxy, canvas: HTMLCanvasElement, scale: number, rotation: number): RenderTask {
  const turned = (page.rotate + rotation) % 360;
  const plain = page.getViewport({ scale, rotation: turned });
  const sharp = Math.min(devicePixelRatio || 1, Math.sqrt(MAX_PIXELS / (plain.width * plain.height)));
  const viewport = page.getViewport({ scale: scale * sharp, rotation: turned });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  return page.render({ canvas, viewport });
}

async function drawText(page: PDFPageProxy, container: HTMLDivElement, scale: number, rotation: number): Promise<{ cancel(): void }> {
  const pdfjs = await loadPdfjs();
  container.replaceChildren();
  container.style.setProperty("--total-scale-factor", String(scale));
  const layer = new pdfjs.TextLayer({
    textContentSource: page.streamTextContent({ includeMarkedContent: false }),
    container,
    viewport: page.getViewport({ scale, rotation: (page.rotate + rotation) % 360 }),
  });
  await layer.render().catch(() => undefined);
  return layer;
}
