import { useMemo } from "react";
import { unmark } from "./claim-marks";

const SENTENCE_END = /[.!?:。！？]["”’)\]]*(?=\s|$)/g;
const LINK = /\[(\d+)\]\([^)\s]*\)/g;

/** Reads the answer to a screen reader as it grows: politely, whole sentences only. */
export function Announcer({ text }: { text: string }) {
  const sentences = useMemo(() => whole(unmark(text).replace(LINK, "$1")), [text]);
  return (
    <div className="sr-only" aria-live="polite" aria-atomic="false" aria-relevant="additions">
      {sentences.map((sentence, index) => (
        <p key={index}>{sentence}</p>
      ))}
    </div>
  );
}

function whole(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  for (const match of text.matchAll(SENTENCE_END)) {
    const end = match.index + match[0].length;
    if (end === text.length) break;
    found.push(text.slice(start, end).trim());
    start = end;
  }
  return found;
}
