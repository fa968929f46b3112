import { Plural, Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { useLibraryState } from "./use-indexing";

/** In one line: how many documents there are, and how many are on their way. */
export function IndexingSummary({ children }: { children?: ReactNode }) {
  const state = useLibraryState();
  if (!state) return null;
  return (
    <p className="flex flex-wrap gap-x-3 gap-y-1 text-sm text-muted">
      {state.total === 0 ? <Trans>There are no documents here yet.</Trans> : <Plural value={state.total} one="# document" other="# documents" />}
      {state.busy > 0 ? (
        <span>
          <Plural value={state.busy} one="# is being read" other="# are being read" />
        </span>
      ) : null}
      {state.failed > 0 ? (
        <span className="text-danger">
          <Plural value={state.failed} one="# could not be read" other="# could not be read" />
        </span>
      ) : null}
      {children}
    </p>
  );
}
