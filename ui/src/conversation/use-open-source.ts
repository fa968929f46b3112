import { useCallback, useMemo } from "react";
import { useSearch } from "wouter";
import { usePane } from "../kit/use-pane";
import type { TurnView } from "./types";

export type OpenSource = { queryId: number; number: number };

/** Which source is open beside the answer: `?source=<n>` of the last turn, with `&turn=<m>` of an earlier one. */
export function useOpenSource(turns: TurnView[]) {
  const search = useSearch();
  const last = turns.at(-1)?.queryId ?? null;
  const opened = useMemo((): OpenSource | null => {
    const query = new URLSearchParams(search);
    const number = Number(query.get("source") ?? Number.NaN);
    const queryId = query.has("turn") ? Number(query.get("turn")) : last;
    return Number.isInteger(number) && queryId !== null ? { queryId, number } : null;
  }, [search, last]);
  const { open, close } = usePane(new URLSearchParams(search).has("source"));
  const openSource = useCallback((queryId: number, number: number) => open(new URLSearchParams({ turn: String(queryId), source: String(number) })), [open]);
  return { opened, openSource, close };
}
