import { useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { IconButton } from "../kit/button";
import { FitIcon, PagesIcon, RotateIcon, SearchIcon, ZoomInIcon, ZoomOutIcon } from "../kit/icons";

type Props = {
  page: number;
  pageCount: number;
  zoom: number;
  onPage: (page: number) => void;
  onZoom: (zoom: number) => void;
  onRotate: () => void;
  hasThumbnails?: boolean;
  onThumbnails?: () => void;
  isSearching?: boolean;
  onSearch?: () => void;
};

const STEP = 1.25;
const LEAST = 0.4;
const MOST = 5;

export function PdfToolbar({ page, pageCount, zoom, onPage, onZoom, onRotate, hasThumbnails, onThumbnails, isSearching, onSearch }: Props) {
  const { t } = useLingui();
  return (
    <div role="toolbar" aria-label={t`View of the pages`} className="flex shrink-0 flex-wrap items-center gap-0.5 border-b px-2 py-1">
      {onThumbnails ? (
        <IconButton label={t`Small pages`} small pressed={hasThumbnails ?? false} onClick={onThumbnails}>
          <PagesIcon size={16} />
        </IconButton>
      ) : null}
      {onSearch ? (
        <IconButton label={t`Search in this document`} small pressed={isSearching ?? false} onClick={onSearch}>
          <SearchIcon size={16} />
        </IconButton>
      ) : null}
      {pageCount > 1 || onSearch ? <PageField key={page} page={page} pageCount={pageCount} onPage={onPage} /> : null}
      <div className="ms-auto flex items-center gap-0.5">
        <IconButton label={t`Smaller`} small disabled={zoom <= LEAST} onClick={() => onZoom(Math.max(zoom / STEP, LEAST))}>
          <ZoomOutIcon size={16} />
        </IconButton>
        <IconButton label={t`Larger`} small disabled={zoom >= MOST} onClick={() => onZoom(Math.min(zoom * STEP, MOST))}>
          <ZoomInIcon size={16} />
        </IconButton>
        <IconButton label={t`Fit the width`} small onClick={() => onZoom(1)}>
          <FitIcon size={16} />
        </IconButton>
        <IconButton label={t`Rotate`} small onClick={onRotate}>
          <RotateIcon size={16} />
        </IconButton>
      </div>
    </div>
  );
}

function PageField({ page, pageCount, onPage }: Pick<Props, "page" | "pageCount" | "onPage">) {
  const { t } = useLingui();
  const [text, setText] = useState(String(page));
  const go = (event: FormEvent) => {
    event.preventDefault();
    const wanted = Number(text);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= pageCount) onPage(wanted);
    else setText(String(page));
  };
  return (
    <form onSubmit={go} className="ms-1 flex items-center gap-1 text-sm text-muted">
      <input aria-label={t`Page`} inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} onFocus={(event) => event.target.select()} className="h-7 w-11 rounded-sm border bg-panel text-center text-text" />
      <span className="whitespace-nowrap">{t`of ${pageCount}`}</span>
    </form>
  );
}
