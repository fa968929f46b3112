import { Trans, useLingui } from "@lingui/react/macro";
import { useCallback, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { toTurns, unsupportedClaims } from "../conversation/history";
import { Markdown } from "../conversation/markdown";
import type { Message } from "../conversation/types";
import { useConversation } from "../conversation/use-conversations";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useNear, VIEWPORT } from "../kit/use-near";

/** The answer that an opinion is about, once it comes near; its citations lead to their sources. */
export function AnswerBeside({ conversation, turn: queryId }: { conversation: string; turn: number }) {
  const { t } = useLingui();
  const box = useRef<HTMLDivElement>(null);
  const isNear = useNear(box, VIEWPORT);
  // What has come near stays, or the page would jump as one scrolls on.
  const [isWanted, setWanted] = useState(isNear);
  if (isNear && !isWanted) setWanted(true);
  const found = useConversation(isWanted ? conversation : undefined);
  const history = found.data?.chat_history as Message[] | undefined;
  const turn = useMemo(() => (history ? toTurns(history, new Map()).find((each) => each.queryId === queryId) : undefined), [history, queryId]);
  const claims = useMemo(() => (turn ? unsupportedClaims(turn.content, turn.citations) : []), [turn]);
  const renderCitation = useCallback(
    (number: number) => (
      <Link href={`/c/${conversation}?turn=${queryId}&source=${number}`} aria-label={t`Source ${number}`} className="mx-0.5 rounded-sm border border-accent/35 bg-accent-soft px-1 text-xs font-semibold no-underline!">
        {number}
      </Link>
    ),
    [conversation, queryId, t],
  );
  return (
    <div ref={box} tabIndex={0} role="region" aria-label={t`The answer`} className="max-h-80 min-h-16 min-w-0 overflow-y-auto rounded-md border bg-sunken px-3 py-2 text-sm outline-offset-[-2px]">
      <QueryError query={found} />
      {!found.data && !found.isError ? <SkeletonLines count={3} /> : null}
      {turn?.content ? <Markdown content={turn.content} claims={claims} renderCitation={renderCitation} /> : null}
      {found.data && !turn?.content ? (
        <p className="text-muted">
          <Trans>There is no answer to this question.</Trans>
        </p>
      ) : null}
    </div>
  );
}
