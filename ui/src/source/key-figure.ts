const FIGURE = /\d[\d.,\u00a0\u202f'’]*\d/g;
const YEAR = /^(?:19|20)\d\d$/;

/** The longest number of a quote, which one would look for elsewhere; null without one of three digits that is no year. */
export function keyFigure(quote: string): string | null {
  const figures = [...quote.matchAll(FIGURE)].map(([figure]) => figure).filter((figure) => figure.replace(/\D/g, "").length >= 3 && !YEAR.test(figure));
  return figures.sort((a, b) => b.length - a.length)[0] ?? null;
}

/** Whether a text has the figure, and not as a part of a longer one. */
export function hasFigure(text: string, figure: string): boolean {
  for (let at = text.indexOf(figure); at >= 0; at = text.indexOf(figure, at + 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at + figure.length)];
    if (!/\d[.,]?$/.test(before) && !/^[.,]?\d/.test(after)) return true;
  }
  return false;
}
