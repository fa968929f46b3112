import { PreviewCard } from "@base-ui/react/preview-card";
import { Trans, useLingui } from "@lingui/react/macro";
import { cx } from "../kit/cx";
import { CheckIcon, WarnIcon } from "../kit/icons";
import { usePlaceText } from "./place-text";
import type { Source } from "./types";
import { useReason } from "./unsupported-note";

type Props = { source: Source; isOpen: boolean; onOpen: () => void };

/** A number in the text. Hover and focus show what it names; a click opens it beside the answer. */
export function CitationButton({ source, isOpen, onOpen }: Props) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const isBad = source.status === "unverified";
  const label = [t`Source ${source.number}`, source.documentName, placeText(source), isBad ? t`not verified` : null].filter(Boolean).join(", ");
  return (
    <PreviewCard.Root>
      <PreviewCard.Trigger
        delay={250}
        closeDelay={120}
        render={
          <button
            type="button"
            aria-label={label}
            aria-pressed={isOpen}
            onClick={onOpen}
            className={cx(
              "mx-0.5 inline-flex h-5 min-w-5 items-center justify-center rounded-sm border px-1 align-baseline text-xs font-semibold leading-none",
              isBad ? "border-dashed border-warn bg-warn-soft text-warn" : "border-accent/35 bg-accent-soft text-accent hover:border-accent",
              "aria-pressed:border-accent aria-pressed:bg-accent aria-pressed:text-on-accent",
            )}
          />
        }
      >
        {source.number}
        {isBad ? "?" : ""}
      </PreviewCard.Trigger>
      <PreviewCard.Portal>
        <PreviewCard.Positioner sideOffset={6} className="z-50">
          <PreviewCard.Popup className="w-88 max-w-[calc(100vw-2rem)] rounded-md border bg-panel text-sm outline-none animate-appear">
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
      {source.verbatim ? (
        <blockquote dir="auto" className="max-h-40 overflow-hidden px-3 py-2 leading-5">
          <span className="mark">{source.verbatim}</span>
        </blockquote>
      ) : null}
      <div className="px-3 pb-2">
        <SourceStatus status={source.status} reason={source.reason} />
      </div>
    </>
  );
}

export function SourceStatus({ status, reason }: { status: Source["status"]; reason: string | null }) {
  const why = useReason();
  if (status === "found") return null;
  if (status === "checking") {
    return (
      <span className="text-muted">
        <Trans>Being checked while the answer is written</Trans>
      </span>
    );
  }
  if (status === "unverified") {
    return (
      <span className="flex items-start gap-1.5 text-warn">
        <WarnIcon size={16} className="mt-0.5 shrink-0" />
        <span>
          <Trans>Not verified.</Trans> {why(reason)}
        </span>
      </span>
    );
  }
  return (
    <span className="flex items-center gap-1.5 text-accent">
      <CheckIcon size={16} className="shrink-0" />
      {status === "normalized" ? <Trans>These words are in the document, but for spaces and signs</Trans> : <Trans>These words are in the document, character for character</Trans>}
    </span>
  );
}
