// An answer as text to paste elsewhere.
import type { Source, TurnView } from "./types";
import { sourcesOf } from "./history";

const LINK = /\[(\d+)\]\([^)\s]*\/reference\/[^)\s]*\)/g;

/** With its citations as links that work elsewhere. */
export function asMarkdown(turn: TurnView): string {
  return turn.content.replace(/\]\((?=\/[0-9a-fA-F-]{36}\/reference\/)/g, `](${location.origin}`);
}

/** Without marks: numbers in brackets, and the list of sources below. */
export function asText(turn: TurnView, place: (source: Source) => string): string {
  const text = turn.content.replace(LINK, "[$1]").replace(/\*\*|__/g, "").replace(/^#{1,6}\s+/gm, "");
  const list = asCitationList(turn, place);
  return list ? `${text}\n\n${list}` : text;
}

export function asCitationList(turn: TurnView, place: (source: Source) => string): string {
  return sourcesOf(turn)
    .map((source) => {
      const where = [source.documentName, place(source)].filter(Boolean).join(", ");
      return `[${source.number}] ${where}${source.verbatim ? `: "${source.verbatim}"` : ""}`;
    })
    .join("\n");
}
