import { useLingui } from "@lingui/react/macro";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { PageMarks } from "./pdf-page";
import { PdfToolbar } from "./pdf-toolbar";
import { PicturePage, type Size } from "./picture-page";
import { useCurrentPage } from "./use-current-page";
import { useKeptPlace } from "./use-kept-place";
import { usePointer, type PagePoint } from "./use-pointer";
import { useExactPages, type SourceData } from "./use-source";
import { useWidth } from "./use-width";

/** A picture whose words were read from it, with those that are quoted marked. */
export function PictureSource({ project, data }: { project: string; data: SourceData }) {
  const exact = useExactPages(data);
  const target = { page: data.pages[0]?.page ?? data.min_page ?? 1, key: `${data.chunk_id}.${data.start}` };
  return <PictureViewer project={project} data={data} target={target} marks={exact.data?.pages ?? data.pages} />;
}

type Props = {
  project: string;
  data: SourceData;
  /** The page to be shown at first, and again when `key` changes. */
  target: { page: number; key: string };
  marks: readonly PageMarks[];
  /** Told where on a page the pointer is, and where it is clicked. */
  onPointer?: (point: PagePoint | null, isClick: boolean) => void;
};

const GAP = 24; // pixels beside a picture

/** The pictures of a file, of which a TIFF may have many, one below the other. */
export function PictureViewer({ project, data, target, marks, onPointer }: Props) {
  const { t } = useLingui();
  const [zoom, setZoom] = useState(1);
  const [rotation, setRotation] = useState(0);
  const [seen, setSeen] = useState<Readonly<Record<number, Size>>>({});
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const isReady = width > 0;
  const current = useCurrentPage(box, target.page, isReady);
  const numbers = useMemo(() => Array.from({ length: data.page_count ?? 1 }, (_, index) => index + 1), [data.page_count]);
  const onSize = useCallback((page: number, size: Size) => setSeen((before) => ({ ...before, [page]: size })), []);
  const show = useCallback((page: number, selector = "") => {
    const sheet = box.current?.querySelector(`[data-page="${page}"]`);
    const mark = selector ? sheet?.querySelector(selector) : null;
    (mark ?? sheet)?.scrollIntoView({ block: mark ? "center" : "start" });
  }, []);
  const hasMarks = marks.some((each) => each.boxes.length > 0);
  useLayoutEffect(() => {
    if (isReady) show(target.page, "[data-mark]");
  }, [isReady, hasMarks, target.page, target.key, show]);
  useEffect(() => {
    if (isReady) box.current?.querySelector("[data-mark]")?.scrollIntoView({ block: "nearest" });
  }, [marks, isReady]);
  usePointer(box, scaleOf, rotation !== 0, onPointer);
  useKeptPlace(box, zoom, isReady);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PdfToolbar page={current} pageCount={numbers.length} zoom={zoom} onPage={show} onZoom={setZoom} onRotate={() => setRotation((before) => (before + 90) % 360)} />
      <div ref={box} tabIndex={0} role="region" aria-label={data.document_name} className="min-h-0 flex-1 overflow-auto bg-sunken outline-offset-[-2px]">
        <div className="flex min-w-fit flex-col items-center gap-3 py-3">
          {numbers.map((page) => {
            const size = sizeOf(data.pages, page) ?? seen[page] ?? null;
            const label = numbers.length > 1 ? t`Page ${page}` : data.document_name;
            return <PicturePage key={page} url={`/${project}/reference/${data.chunk_id}/page/${page}`} number={page} size={size} room={Math.max(width - GAP, 120)} zoom={zoom} rotation={rotation} marks={boxesOn(marks, page)} label={label} onSize={onSize} />;
          })}
        </div>
      </div>
    </div>
  );
}

function sizeOf(pages: readonly PageMarks[], page: number): Size | null {
  const found = pages.find((each) => each.page === page);
  return found && found.width > 0 ? { width: found.width, height: found.height } : null;
}

function boxesOn(marks: readonly PageMarks[], page: number): PageMarks["boxes"] | null {
  return marks.find((each) => each.page === page)?.boxes ?? null;
}

/** How many pixels of the screen one of the picture takes. */
function scaleOf(sheet: HTMLElement): number {
  return Number(sheet.dataset.scale) || 1;
}
