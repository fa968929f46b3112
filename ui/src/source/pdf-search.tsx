import { Trans, useLingui } from "@lingui/react/macro";
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useEffect, useRef, useState, type RefObject } from "react";
import { IconButton } from "../kit/button";
import { LeftIcon, RightIcon } from "../kit/icons";
import { FindBar } from "./find-bar";
import { searchPages } from "./search-pages";

type Props = { pdf: PDFDocumentProxy; box: RefObject<HTMLElement | null>; onPage: (page: number) => void; onClose: () => void };

/** Finds pages that hold the words; what is found is highlighted on those that are drawn. */
export function PdfSearch({ pdf, box, onPage, onClose }: Props) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ text: string; pages: number[]; isWhole: boolean } | null>(null);
  const [place, setPlace] = useState(0);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  useHighlight(box, found?.text ?? "");
  const search = () => {
    if (found?.text === text && found.pages.length > 0) return go(place + 1);
    setPlace(0);
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    let isShown = false;
    const tell = (pages: number[], isWhole: boolean) => {
      setFound({ text, pages, isWhole });
      const [first] = pages;
      if (first !== undefined && !isShown) onPage(first);
      isShown ||= first !== undefined;
    };
    // The file may have been closed meanwhile.
    searchPages(pdf, text, signal, tell).catch(() => undefined);
  };
  const go = (to: number) => {
    if (!found || found.pages.length === 0) return;
    const next = (to + found.pages.length) % found.pages.length;
    setPlace(next);
    onPage(found.pages[next] as number);
  };
  return (
    <div className="shrink-0 border-b">
      <FindBar text={text} onText={setText} onFind={search} onClose={onClose}>
        <span aria-live="polite" className="px-1 text-muted whitespace-nowrap">
          {found ? found.pages.length > 0 ? t`${place + 1} of ${found.pages.length} pages` : found.isWhole ? <Trans>not in it</Trans> : t`searching` : ""}
        </span>
        <IconButton label={t`Previous page`} small onClick={() => go(place - 1)}>
          <LeftIcon size={16} />
        </IconButton>
        <IconButton label={t`Next page`} small onClick={() => go(place + 1)}>
          <RightIcon size={16} />
        </IconButton>
      </FindBar>
    </div>
  );
}

/** Marks the words in the text of drawn pages, with the browser's own highlights (no element is touched). */
function useHighlight(box: RefObject<HTMLElement | null>, text: string): void {
  useEffect(() => {
    const target = box.current;
    if (!target || !text || !("highlights" in CSS)) return;
    const wanted = text.toLowerCase();
    const mark = () => {
      const ranges: Range[] = [];
      for (const span of target.querySelectorAll(".text-layer span")) {
        const node = span.firstChild;
        if (!(node instanceof Text)) continue;
        let at = node.data.toLowerCase().indexOf(wanted);
        while (at >= 0 && at + wanted.length <= node.data.length) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + wanted.length);
          ranges.push(range);
          at = node.data.toLowerCase().indexOf(wanted, at + wanted.length);
        }
      }
      CSS.highlights.set("found", new Highlight(...ranges));
    };
    mark();
    const observer = new MutationObserver(mark);
    observer.observe(target, { subtree: true, childList: true });
    return () => {
      observer.disconnect();
      CSS.highlights.delete("found");
    };
  }, [box, text]);
}
