import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { lazily } from "../kit/lazily";
import { useProject } from "../projects/use-projects";
import { sourcesOf } from "./history";
import type { Source, TurnView } from "./types";

const AHEAD = 3; // sources of an answer
const WAIT_MS = 300;

export const SourcePane = lazily(() => import("../source/source-pane"));
export const CitationCard = lazily(() => import("./citation-card"));
const loadPreparing = () => import("../source/prepare");

/** Gets ready what a click on a citation will show. */
export function usePrepareSource(): (source: Source) => void {
  const cache = useQueryClient();
  const { id } = useProject();
  return useCallback(
    (source: Source) => {
      const { chunkId, verbatim } = source;
      // Whatever fails here fails again, and is shown, after the click.
      if (chunkId) void loadPreparing().then((module) => module.prepareSource(cache, id, chunkId, verbatim)).catch(() => undefined);
    },
    [cache, id],
  );
}

/** While an answer is written the viewer is loaded; once it is whole, its first sources are. */
export function usePreparedSources(turns: TurnView[], isAnswering: boolean): void {
  const prepare = usePrepareSource();
  const isWanted = turns.length > 0;
  useEffect(() => {
    if (!isWanted) return;
    const timer = setTimeout(() => {
      void Promise.all([SourcePane.preload(), loadPreparing(), CitationCard.preload()])
        .then(([, module]) => module.prepareViewer())
        .catch(() => undefined);
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [isWanted]);
  const last = turns.at(-1);
  const answered = last?.isFinal && !isAnswering ? last : null;
  useEffect(() => {
    if (!answered) return;
    const timer = setTimeout(() => sourcesOf(answered).slice(0, AHEAD).forEach(prepare), WAIT_MS);
    return () => clearTimeout(timer);
  }, [answered, prepare]);
}
