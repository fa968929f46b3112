import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

/** Behind a claim that no source backs: says so; hover or a click says why. */
export function UnsupportedNote({ reason }: { reason: string }) {
  const why = useReason();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        title={why(reason)}
        onClick={() => setOpen(!isOpen)}
        className="mx-1 rounded-sm border border-warn/50 bg-warn-soft px-1 align-baseline text-xs leading-4 font-medium whitespace-nowrap text-warn"
      >
        <Trans>not in sources</Trans>
      </button>
      {isOpen ? <span className="me-1 text-sm text-warn">{why(reason)}</span> : null}
    </>
  );
}

export function useReason(): (reason: string | null) => string {
  const { t } = useLingui();
  return (reason) => {
    switch (reason) {
      case "no_citation":
        return t`The answer names no source for this sentence. Check it before you use it.`;
      case "citation_unverified":
        return t`The quoted words are not in the source that is cited.`;
      case "number_not_in_passage":
        return t`A number in this sentence is not in the passage that is cited.`;
      case "terms_not_in_passage":
        return t`The passage that is cited is about something else.`;
      case "not_supported":
        return t`The passage that is cited does not say this.`;
      case "quote_not_found":
        return t`The quoted words are not in this document, character for character.`;
      case "no_quote":
        return t`The answer names this document, but quotes no words of it.`;
      case "document_deleted":
        return t`The document has been deleted since, so the words can no longer be checked.`;
      case "unknown_source":
        return t`The answer cites something that was not found in the search.`;
      default:
        return t`No source backs this.`;
    }
  };
}
