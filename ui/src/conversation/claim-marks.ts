// Claims that nothing backs are marked in the Markdown itself with two signs that no document uses, before it is cut into
// tokens; the renderer takes them out again. They are punctuation, so emphasis beside them keeps its meaning.
export const OPEN = "⸢";
export const CLOSE = "⸣";

export type Claim = { start: number; end: number; reason: string };

// What makes a line a heading, an item, a quote or a row must stay at its beginning.
const LINE_START = /^(?:\s|[-*+>]\s|#{1,6}\s|\d{1,9}[.)]\s|\||\[[ xX]\]\s)*/;
const ROW_END = /[\s|]*$/;

export function markClaims(content: string, claims: readonly Claim[]): string {
  const clean = content.replaceAll(OPEN, " ").replaceAll(CLOSE, " ");
  let text = "";
  let place = 0;
  for (const claim of [...claims].sort((a, b) => a.start - b.start)) {
    if (claim.start < place || claim.end > clean.length || claim.start >= claim.end) continue;
    const inside = clean.slice(claim.start, claim.end);
    const lead = LINE_START.exec(inside)?.[0].length ?? 0;
    const tail = ROW_END.exec(inside)?.[0].length ?? 0;
    if (lead + tail >= inside.length) continue;
    text += clean.slice(place, claim.start + lead) + OPEN + inside.slice(lead, inside.length - tail) + CLOSE;
    place = claim.end - tail;
  }
  return text + clean.slice(place);
}

/** A text without the signs. */
export function unmark(text: string): string {
  return text.replaceAll(OPEN, "").replaceAll(CLOSE, "");
}
