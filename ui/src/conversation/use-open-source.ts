import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import type { TurnView } from "./types";

export type OpenSource = { queryId: number; number: number };

/** Which source is open beside the answer: `?source=<n>` of the last turn, with `&turn=<m>` of an earlier one. */
export function useOpenSource(turns: TurnView[]) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const last = turns.at(-1)?.queryId ?? null;
  const opened = useMemo((): OpenSource | null => {
    const query = new URLSearchParams(search);
    const number = Number(query.get("source") ?? Number.NaN);
    const queryId = query.has("turn") ? Number(query.get("turn")) : last;
    return Number.isInteger(number) && queryId !== null ? { queryId, number } : null;
  }, [search, last]);
  const openSource = useCallback(
    (queryId: number, number: number) => {
      const query = new URLSearchParams({ turn: String(queryId), source: String(number) });
      navigate(`${path}?${query}`, { replace: new URLSearchParams(search).has("source") });
    },
    [navigate, path, search],
  );
  const close = useCallback(() => navigate(path, { replace: true }), [navigate, path]);
  return { opened, openSource, close };
}
