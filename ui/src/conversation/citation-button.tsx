import { Trans, useLingui } from "@lingui/react/macro";
import { cx } from "../kit/cx";
import { CheckIcon, WarnIcon } from "../kit/icons";
import { useCitationCard } from "./citation-hover";
import { usePlaceText } from "./place-text";
import type { Source } from "./types";
import { useReason } from "./unsupported-note";

type Props = { source: Source; isOpen: boolean; onOpen: () => void };

/** A number in the text. Hover and focus show what it names; a click opens it beside the answer. */
export function CitationButton({ source, isOpen, onOpen }: Props) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const card = useCitationCard();
  const isBad = source.status === "unverified";
  const label = [t`Source ${source.number}`, source.documentName, placeText(source), isBad ? t`not verified` : null].filter(Boolean).join(", ");
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isOpen}
      onClick={() => {
        card.hide();
        onOpen();
      }}
      onPointerEnter={(event) => (event.pointerType === "mouse" ? card.show(event.currentTarget, source) : undefined)}
      onPointerLeave={card.leave}
      onFocus={(event) => (event.currentTarget.matches(":focus-visible") ? card.show(event.currentTarget, source) : undefined)}
      onBlur={card.hide}
      className={cx(
        // On a touch screen fingers reach it from around, as they do a key.
        "relative pointer-coarse:after:absolute pointer-coarse:after:-inset-x-1 pointer-coarse:after:-inset-y-2",
        "mx-0.5 inline-flex h-5 min-w-5 pointer-coarse:h-6 pointer-coarse:min-w-7 items-center justify-center rounded-sm border px-1 align-baseline text-xs leading-none font-semibold",
        isBad ? "border-dashed border-warn bg-warn-soft text-warn" : "border-accent/35 bg-accent-soft text-accent hover:border-accent",
        "aria-pressed:border-accent aria-pressed:bg-accent aria-pressed:text-on-accent",
      )}
    >
      {source.number}
      {isBad ? "?" : ""}
    </button>
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
      {status === "normalized" ? <Trans>These words are in the document, apart from spaces and punctuation</Trans> : <Trans>These words are in the document, character for character</Trans>}
    </span>
  );
}
