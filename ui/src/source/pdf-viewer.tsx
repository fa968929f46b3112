import { useLingui } from "@lingui/react/macro";
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { ErrorNote } from "../kit/notes";
import { holdPdf, openPdf } from "./pdf";
import { PageMarksLayer } from "./page-marks-layer";
import { PdfPage, type PageMarks } from "./pdf-page";
import { PdfPicture } from "./pdf-picture";
import { PdfSearch } from "./pdf-search";
import { PdfThumbnails } from "./pdf-thumbnails";
import { PdfToolbar } from "./pdf-toolbar";
import { useCurrentPage } from "./use-current-page";
import { useKeptPlace } from "./use-kept-place";
import { usePointer, type PagePoint } from "./use-pointer";
import { useWidth } from "./use-width";

type Props = {
  /** Names the file's content. */
  name: string;
  url: string;
  /** Where the server gives pages as pictures, for a PDF that the browser cannot draw; the page's number follows. */
  pictures: string | null;
  pageCount: number;
  /** The page to be shown at first, and again when `key` changes. */
  target: { page: number; key: string };
  marks: readonly PageMarks[];
  label: string;
  onPage?: (page: number) => void;
  /** Told where on a page the pointer is, and where it is clicked. */
  onPointer?: (point: PagePoint | null, isClick: boolean) => void;
};

/** A blank sheet with the marks where they will be, until the file is there. */
function WaitingPage({ width, height, marks }: { width: number; height: number; marks: PageMarks | null }) {
  return (
    <div className="relative shrink-0 border bg-paper" style={{ width, height }}>
      <div className="flex flex-col gap-4 p-[8%] opacity-40" aria-hidden="true">
        {Array.from({ length: 12 }, (_, index) => (
          <div key={index} className={index % 4 === 3 ? "h-2.5 w-2/3 rounded-sm bg-[#d8d8d4]" : "h-2.5 rounded-sm bg-[#d8d8d4]"} />
        ))}
      </div>
      {marks && marks.width > 0 ? <PageMarksLayer marks={marks} rotation={0} /> : null}
    </div>
  );
}

const LETTER = { width: 612, height: 792 };
const GAP = 24; // pixels beside a page

export default function PdfViewer({ name, url, pictures, pageCount, target, marks, label, onPage, onPointer }: Props) {
  const { t } = useLingui();
  const [pdf, setPdf] = useState<PDFDocumentProxy | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const [zoom, setZoom] = useState(1);
  const [rotation, setRotation] = useState(0);
  const [hasThumbnails, setThumbnails] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const [size, setSize] = useState(marks[0] && marks[0].width > 0 ? { width: marks[0].width, height: marks[0].height } : LETTER);
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const current = useCurrentPage(box, target.page, pdf !== null || fault !== null);

  useEffect(() => {
    let isOver = false;
    const release = holdPdf(name);
    openPdf(name, url)
      .then(async (opened) => {
        const first = await opened.getPage(Math.min(target.page, opened.numPages));
        const { width: w, height: h } = first.getViewport({ scale: 1 });
        if (isOver) return;
        setSize({ width: w, height: h });
        setPdf(opened);
      })
      .catch((error: unknown) => (isOver ? undefined : setFault(error)));
    return () => {
      isOver = true;
      release();
    };
    // The page that is wanted first only says whose size to begin with.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [name, url]);

  const show = useCallback((page: number, selector = "") => {
    const sheet = box.current?.querySelector(`[data-page="${page}"]`);
    const mark = selector ? sheet?.querySelector(selector) : null;
    if (mark) mark.scrollIntoView({ block: "center", inline: "nearest" });
    else sheet?.scrollIntoView({ block: "start" });
  }, []);
  const isReady = (pdf !== null || fault !== null) && width > 0;
  useLayoutEffect(() => {
    if (isReady) show(target.page, "[data-mark]");
  }, [isReady, target.page, target.key, show]);
  useEffect(() => onPage?.(current), [current, onPage]);

  const isTurned = rotation % 180 !== 0;
  const fit = Math.max(width - GAP, 120) / (isTurned ? size.height : size.width);
  usePointer(box, fit * zoom, rotation !== 0, onPointer);
  useKeptPlace(box, fit * zoom, isReady);
  const pages = useMemo(() => Array.from({ length: pdf?.numPages ?? pageCount }, (_, index) => index + 1), [pdf, pageCount]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PdfToolbar
        page={current}
        pageCount={pages.length}
        zoom={zoom}
        onPage={show}
        onZoom={setZoom}
        onRotate={() => setRotation((before) => (before + 90) % 360)}
        hasThumbnails={hasThumbnails}
        onThumbnails={() => setThumbnails(!hasThumbnails)}
        isSearching={isSearching}
        onSearch={() => setSearching(!isSearching)}
      />
      {isSearching && pdf ? <PdfSearch pdf={pdf} box={box} onPage={show} onClose={() => setSearching(false)} /> : null}
      {fault && !pictures ? <ErrorNote error={fault} className="m-4" /> : null}
      <div className="flex min-h-0 flex-1">
        {hasThumbnails && pdf ? <PdfThumbnails pdf={pdf} current={current} onPage={show} /> : null}
        <div ref={box} tabIndex={0} role="region" aria-label={label} className="relative min-h-0 min-w-0 flex-1 overflow-auto bg-sunken outline-offset-[-2px]">
          <div className="flex min-w-fit flex-col items-center gap-3 py-3">
            {!isReady && width > 0 ? <WaitingPage width={fit * zoom * size.width} height={fit * zoom * size.height} marks={marks.find((each) => each.page === target.page) ?? null} /> : null}
            {isReady
              ? pages.map((page) => {
                  const own = marks.find((each) => each.page === page) ?? null;
                  const scale = fit * zoom;
                  return pdf ? (
                    <PdfPage key={page} pdf={pdf} number={page} size={size} scale={scale} rotation={rotation} marks={own} box={box} label={t`Page ${page}`} isWanted={page === target.page} />
                  ) : pictures ? (
                    <PdfPicture key={page} url={`${pictures}${page}`} number={page} size={size} scale={scale} marks={own} label={t`Page ${page}`} />
                  ) : null;
                })
              : null}
          </div>
        </div>
      </div>
    </div>
  );
}
