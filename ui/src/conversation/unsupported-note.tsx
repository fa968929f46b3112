import { Popover } from "@base-ui/react/popover";
import { Trans, useLingui } from "@lingui/react/macro";

/** Behind a claim that no source backs: says so, and why. */
export function UnsupportedNote({ reason }: { reason: string }) {
  const why = useReason();
  return (
    <Popover.Root>
      <Popover.Trigger openOnHover delay={200} className="mx-1 rounded-sm border border-warn/50 bg-warn-soft px-1 align-baseline text-xs leading-4 font-medium text-warn whitespace-nowrap">
        <Trans>not in sources</Trans>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className="z-50">
          <Popover.Popup className="max-w-80 rounded-md border bg-panel px-3 py-2 text-sm outline-none animate-appear">{why(reason)}</Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
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
      case "quote_not_found":
        return t`The quoted words are not in this document, character for character.`;
      case "no_quote":
        return t`The answer names this document, but quotes no words of it.`;
      case "unknown_source":
        return t`The answer cites something that was not found in the search.`;
      default:
        return t`No source backs this.`;
    }
  };
}
