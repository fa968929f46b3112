import { createContext, Suspense, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import type { Source } from "./types";
import { CitationCard, usePrepareSource } from "./use-prepared-sources";

type Card = { show: (anchor: HTMLElement, source: Source) => void; leave: () => void; hide: () => void };
const NOTHING: Card = { show: () => undefined, leave: () => undefined, hide: () => undefined };
const Context = createContext<Card>(NOTHING);

export const useCitationCard = () => useContext(Context);

const OPEN_MS = 200;
const CLOSE_MS = 150;

/** One card for all citations of a thread: it appears beside the one that is pointed at or focused. */
export function CitationHover({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ anchor: HTMLElement; source: Source } | null>(null);
  const prepare = usePrepareSource();
  const { card, cancel } = useMemo(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (act: () => void, ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(act, ms);
    };
    const made: Card = {
      show: (anchor, source) => {
        prepare(source);
        later(() => setShown({ anchor, source }), OPEN_MS);
      },
      leave: () => later(() => setShown(null), CLOSE_MS),
      hide: () => later(() => setShown(null), 0),
    };
    return { card: made, cancel: () => clearTimeout(timer) };
  }, [prepare]);
  useEffect(() => {
    const escape = (event: KeyboardEvent) => (event.key === "Escape" ? setShown(null) : undefined);
    addEventListener("keydown", escape, true);
    return () => {
      removeEventListener("keydown", escape, true);
      cancel();
    };
  }, [cancel]);
  return (
    <Context value={card}>
      {children}
      <Suspense fallback={null}>{shown?.anchor.isConnected ? <CitationCard anchor={shown.anchor} source={shown.source} onEnter={cancel} onLeave={card.leave} /> : null}</Suspense>
    </Context>
  );
}
