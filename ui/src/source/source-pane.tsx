import { Trans, useLingui } from "@lingui/react/macro";
import { useRef } from "react";
import { SourceStatus } from "../conversation/citation-button";
import { usePlaceText } from "../conversation/place-text";
import type { Source } from "../conversation/types";
import { IconButton } from "../kit/button";
import { CloseIcon, LeftIcon, RightIcon } from "../kit/icons";
import { EmptyState } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useSheetFocus } from "../kit/use-sheet";
import { SourceContent } from "./source-content";

type Props = { sources: Source[]; number: number; title: string; onNumber: (number: number) => void; onClose: () => void };

/** Beside the answer; a sheet over it on a narrow screen. */
export default function SourcePane({ sources, number, title, onNumber, onClose }: Props) {
  const { t } = useLingui();
  const box = useRef<HTMLElement>(null);
  const placeText = usePlaceText();
  const place = sources.findIndex((source) => source.number === number);
  const source = sources[place];
  useSheetFocus(box);
  const step = (by: number) => {
    const next = sources[(place + by + sources.length) % sources.length];
    if (next) onNumber(next.number);
  };
  return (
    <aside
      ref={box}
      tabIndex={-1}
      aria-label={title}
      className="flex min-h-0 flex-col bg-panel outline-none animate-appear max-md:fixed max-md:inset-x-0 max-md:top-13 max-md:bottom-0 max-md:z-30 max-md:rounded-t-lg max-md:border-t md:w-[clamp(22rem,48vw,64rem)] md:shrink-0 md:border-s"
    >
      <header className="flex shrink-0 items-center gap-2 border-b py-1.5 ps-4 pe-1.5">
        <div className="min-w-0 flex-1">
          <h2 dir="auto" className="truncate text-sm leading-5 font-semibold" title={source?.documentName}>
            {source?.documentName || title}
          </h2>
          <p className="truncate text-sm leading-5 text-muted">{source ? placeText(source) : ""}</p>
        </div>
        {sources.length > 1 ? (
          <div className="flex shrink-0 items-center">
            <IconButton label={t`Previous source ([)`} small onClick={() => step(-1)}>
              <LeftIcon size={16} />
            </IconButton>
            <span aria-live="polite" className="px-1 text-sm text-muted whitespace-nowrap">
              {place >= 0 ? t`${place + 1} of ${sources.length}` : ""}
            </span>
            <IconButton label={t`Next source (])`} small onClick={() => step(1)}>
              <RightIcon size={16} />
            </IconButton>
          </div>
        ) : null}
        <IconButton label={t`Close the source`} onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </header>
      {/* The marks are for the eyes. */}
      <p role="status" className="sr-only">
        {source?.verbatim ? t`Quoted: ${source.verbatim}` : ""}
      </p>
      {source ? (
        <>
          {source.status === "found" ? null : (
            <div className="shrink-0 border-b px-4 py-1.5 text-sm">
              <SourceStatus status={source.status} reason={source.reason} />
            </div>
          )}
          {source.chunkId ? (
            <SourceContent chunkId={source.chunkId} verbatim={source.verbatim} />
          ) : (
            <EmptyState title={t`Nothing to show`}>
              <Trans>The answer names a source that was not found in the search. Do not rely on it.</Trans>
            </EmptyState>
          )}
        </>
      ) : (
        <div className="p-4">{sources.length === 0 ? <SkeletonLines /> : <Trans>This answer has no source {number}.</Trans>}</div>
      )}
    </aside>
  );
}
