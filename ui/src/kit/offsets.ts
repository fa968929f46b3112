const PAIR = /[\uD800-\uDBFF]/;

/** Turns places in a text that count characters, as the server's do, into those of JavaScript, where an emoji counts two. */
export function unitsIn(text: string): (place: number) => number {
  if (!PAIR.test(text)) return (place) => place;
  const pairs: number[] = [];
  let at = 0;
  for (const character of text) {
    if (character.length === 2) pairs.push(at);
    at += 1;
  }
  return (place) => {
    const before = pairs.findIndex((pair) => pair >= place);
    return place + (before < 0 ? pairs.length : before);
  };
}

type Span = { start?: number | null; end?: number | null };

/** A span of a text whose places count characters, with those of JavaScript. */
export function inUnits<Part extends Span>(part: Part, units: (place: number) => number): Part {
  return { ...part, start: part.start == null ? part.start : units(part.start), end: part.end == null ? part.end : units(part.end) };
}
