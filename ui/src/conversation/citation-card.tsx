import { PreviewCard } from "@base-ui/react/preview-card";
import { Trans } from "@lingui/react/macro";
import { useSourceData } from "../source/use-source";
import { SourceStatus } from "./citation-button";
import { contextOf, plain } from "./context";
import { usePlaceText } from "./place-text";
import type { Source } from "./types";

type Props = { anchor: HTMLElement; source: Source; onEnter: () => void; onLeave: () => void };

/** Beside a citation: its document, its place, the quoted words, and whether they are there. */
export default function CitationCard({ anchor, source, onEnter, onLeave }: Props) {
  return (
    <PreviewCard.Root open>
      <PreviewCard.Portal>
        <PreviewCard.Positioner anchor={anchor} sideOffset={6} className="z-50">
          <PreviewCard.Popup onPointerEnter={onEnter} onPointerLeave={onLeave} className="w-88 max-w-[calc(100vw-2rem)] rounded-md border bg-panel text-sm outline-none animate-appear">
            <SourceSummary source={source} />
          </PreviewCard.Popup>
        </PreviewCard.Positioner>
      </PreviewCard.Portal>
    </PreviewCard.Root>
  );
}

function SourceSummary({ source }: { source: Source }) {
  const placeText = usePlaceText();
  return (
    <>
      <div className="flex items-baseline gap-2 border-b px-3 py-2">
        <span dir="auto" className="min-w-0 flex-1 truncate font-medium">
          {source.documentName || <Trans>Source {source.number}</Trans>}
        </span>
        <span className="shrink-0 text-muted">{placeText(source)}</span>
      </div>
      {source.verbatim ? <Quote source={source} verbatim={source.verbatim} /> : null}
      <div className="px-3 pb-2">
        <SourceStatus status={source.status} reason={source.reason} />
        {source.warning ? <p className="mt-1 text-warn">{source.warning}</p> : null}
      </div>
    </>
  );
}

/** The quoted words between what stands around them, once that is known. */
function Quote({ source, verbatim }: { source: Source; verbatim: string }) {
  const found = useSourceData(source.chunkId, verbatim);
  const data = found.isPlaceholderData ? undefined : found.data;
  const around = data?.start != null && data.end != null ? contextOf(data.content, data.start, data.end) : null;
  return (
    <blockquote dir="auto" className="max-h-52 overflow-hidden px-3 py-2 leading-5">
      {around ? <span className="text-muted">{around.before}</span> : null}
      <span className="mark">{plain(verbatim)}</span>
      {around ? <span className="text-muted">{around.after}</span> : null}
    </blockquote>
  );
}
