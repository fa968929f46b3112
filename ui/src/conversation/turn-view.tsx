import { Trans, useLingui } from "@lingui/react/macro";
import { memo, useCallback, useMemo } from "react";
import { Button } from "../kit/button";
import { OfflineIcon, WarnIcon } from "../kit/icons";
import { Note } from "../kit/notes";
import { Announcer } from "./announcer";
import { CitationButton } from "./citation-button";
import { hasSameSources, sourcesOf, unsupportedClaims, withoutCut } from "./history";
import type { Live } from "./live";
import { Markdown } from "./markdown";
import { Steps, WorkingLine } from "./steps";
import { TurnActions } from "./turn-actions";
import { useSame } from "../kit/use-same";
import { useFailure } from "./failures";
import type { ThreadActions } from "./thread";
import type { Source, TurnView as Turn } from "./types";

type Props = {
  turn: Turn;
  conversation: string;
  live: Pick<Live, "connection" | "isStopping"> | null;
  /** The number of the source that is open, if it is one of this turn. */
  openSource: number | null;
  canAsk: boolean;
  actions: ThreadActions;
};

export const TurnView = memo(function TurnView({ turn, conversation, live, openSource, canAsk, actions }: Props) {
  const { t } = useLingui();
  // While an answer grows these stay the same objects, so that of its text only the last block is drawn anew.
  const sources = useSame(useMemo(() => sourcesOf(turn), [turn]), hasSameSources);
  const { text, isCut } = withoutCut(turn.content);
  const claims = useMemo(() => unsupportedClaims(text, turn.citations), [text, turn.citations]);
  const citedChunks = useMemo(() => new Set(sources.map((source) => source.chunkId ?? "")), [sources]);
  const { open } = actions;
  const renderCitation = useCallback(
    (number: number) => {
      const source = sources.find((each) => each.number === number) ?? missing(number);
      return <CitationButton source={source} isOpen={openSource === number} onOpen={() => open(turn.queryId, number)} />;
    },
    [sources, openSource, open, turn.queryId],
  );
  const isRunning = live !== null;
  return (
    <article aria-label={turn.question} className="mx-auto w-full max-w-3xl px-4 pt-5 pb-3">
      <h2 dir="auto" className="text-lg leading-snug font-semibold break-words whitespace-pre-wrap">
        {turn.question}
      </h2>
      <div className="mt-2 flex flex-col gap-2">
        {isRunning && turn.content === "" ? <WorkingLine turn={turn} isStopping={live.isStopping} /> : null}
        <Steps turn={turn} citedChunks={citedChunks} isOpenAtFirst={isRunning && turn.content === ""} />
        {turn.content ? <Markdown content={text} claims={claims} isStreaming={!turn.isFinal} renderCitation={renderCitation} /> : null}
        {isRunning ? <Announcer text={turn.content} /> : null}
        {isRunning && live.connection === "lost" ? (
          <p role="status" className="flex items-center gap-2 text-sm text-warn">
            <OfflineIcon size={16} />
            <Trans>The connection is lost. The answer goes on here as soon as it is back.</Trans>
          </p>
        ) : null}
        <Ending turn={turn} isCut={isCut} isRunning={isRunning} canAsk={canAsk} actions={actions} />
        {!isRunning && claims.length > 0 ? (
          <p className="text-sm text-warn">
            <WarnIcon size={15} className="me-1 inline align-text-bottom" />
            {claims.length === 1 ? t`One sentence is not backed by your documents.` : t`${claims.length} sentences are not backed by your documents.`}
          </p>
        ) : null}
        {!isRunning && turn.content ? <TurnActions turn={turn} canAsk={canAsk} actions={actions} conversation={conversation} /> : null}
      </div>
    </article>
  );
});

function Ending({ turn, isCut, isRunning, canAsk, actions }: { turn: Turn; isCut: boolean; isRunning: boolean; canAsk: boolean; actions: ThreadActions }) {
  const { t } = useLingui();
  const failure = useFailure();
  if (isRunning) return null;
  if (turn.state === "stopped") {
    return (
      <Note tone="plain" className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-[min(14rem,100%)] flex-1">{turn.content ? <Trans>You stopped this answer here.</Trans> : <Trans>You stopped this before an answer came.</Trans>}</span>
        {canAsk ? (
          <Button small onClick={() => actions.ask(turn.content ? t`Go on where you stopped.` : turn.question)}>
            {turn.content ? <Trans>Go on</Trans> : <Trans>Ask again</Trans>}
          </Button>
        ) : null}
      </Note>
    );
  }
  if (isCut) {
    return (
      <Note tone="plain" className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-[min(14rem,100%)] flex-1">
          <Trans>The answer is cut off here: the model does not write longer ones.</Trans>
        </span>
        {canAsk ? (
          <Button small onClick={() => actions.ask(t`Go on where you stopped.`)}>
            <Trans>Go on</Trans>
          </Button>
        ) : null}
      </Note>
    );
  }
  if (turn.state === "failed") {
    return (
      <Note tone="danger" className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-[min(14rem,100%)] flex-1">{failure(turn.error)}</span>
        {canAsk ? (
          <Button small onClick={() => actions.ask(turn.question)}>
            <Trans>Ask again</Trans>
          </Button>
        ) : null}
      </Note>
    );
  }
  return null;
}

function missing(number: number): Source {
  return { number, chunkId: null, verbatim: null, documentId: null, documentName: "", place: null, page: null, status: "unverified", reason: "unknown_source" };
}
