import { useEffect, useLayoutEffect, useRef } from "react";
import type { Agent } from "../agents/use-agents";
import type { Live } from "./live";
import { CitationHover } from "./citation-hover";
import { TurnView } from "./turn-view";
import type { TurnView as Turn } from "./types";

export type ThreadActions = {
  agents: readonly Pick<Agent, "id" | "name">[];
  ask: (question: string) => void;
  askAnother: (agent: string, question: string) => void;
  edit: (question: string) => void;
  open: (queryId: number, number: number) => void;
};

type Props = { conversation: string; turns: Turn[]; live: Live | null; openSource: { queryId: number; number: number } | null; actions: ThreadActions; mayAsk: boolean; wantedTurn: number | null };

/** The turns, oldest first. Those out of sight are not laid out (`content-visibility`). The newest question is scrolled to
 * the top once and has room for its answer below, so that it stays in view without anything moving under the reader. */
export function Thread({ conversation, turns, live, openSource, actions, mayAsk, wantedTurn }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const last = turns.at(-1)?.queryId ?? -1;
  const seen = useRef<{ conversation: string; last: number }>({ conversation: "", last: -1 });
  useLayoutEffect(() => {
    if (last < 0 || (seen.current.conversation === conversation && last <= seen.current.last)) return;
    const first = seen.current.conversation !== conversation;
    seen.current = { conversation, last };
    const target = first && wantedTurn !== null ? wantedTurn : last;
    box.current?.querySelector(`[data-turn="${target}"]`)?.scrollIntoView({ block: "start" });
  }, [conversation, last, wantedTurn]);
  useEffect(() => {
    if (openSource) box.current?.querySelector(`[data-turn="${openSource.queryId}"] [aria-pressed="true"]`)?.scrollIntoView({ block: "nearest" });
  }, [openSource]);
  return (
    <div ref={box} tabIndex={0} role="log" aria-live="off" className="thread-box min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
      <CitationHover>
      {turns.map((turn) => (
        <div key={turn.queryId} data-turn={turn.queryId} className={turn.queryId === last ? "min-h-full pb-6" : "thread-turn border-b"}>
          <TurnView
            turn={turn}
            conversation={conversation}
            live={live?.turn.queryId === turn.queryId ? live : null}
            openSource={openSource?.queryId === turn.queryId ? openSource.number : null}
            canAsk={mayAsk && (live === null || turn.queryId !== last)}
            actions={actions}
          />
        </div>
      ))}
      </CitationHover>
    </div>
  );
}
