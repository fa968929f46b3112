const LONGEST = 140; // characters on either side

/** A text in one line, with dots between the cells of its tables. */
export function plain(text: string): string {
  return text.replace(/(?:\s*\|\s*)+/g, " · ").replace(/\s+/g, " ");
}

/** What stands before and after a span, cut between words. */
export function contextOf(text: string, start: number, end: number): { before: string; after: string } {
  const [before, after] = [text.slice(Math.max(start - LONGEST, 0), start), text.slice(end, end + LONGEST)];
  return {
    before: plain(start > LONGEST ? `…${before.slice(before.search(/\s/) + 1)}` : before),
    after: plain(end + LONGEST < text.length ? `${after.slice(0, after.search(/\s\S*$/) + 1)}…` : after),
  };
}
