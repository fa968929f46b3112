import { useMemo } from "react";

const SHORTEST = 3; // letters of a word that is marked

/** The text with the words of the query marked, from their beginning: the search knows their forms, this does not. */
export function Words({ text, query }: { text: string; query: string }) {
  const pattern = useMemo(() => {
    const words = (query.match(/[\p{L}\p{N}.,%$€-]+/gu) ?? []).filter((word) => word.length >= SHORTEST || /\d/.test(word));
    const stems = words.map((word) => (word.length > 5 ? word.slice(0, -2) : word).replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return stems.length > 0 ? new RegExp(`((?<![\\p{L}\\p{N}])(?:${stems.join("|")})[\\p{L}\\p{N}]*)`, "giu") : null;
  }, [query]);
  if (!pattern) return text;
  return text.split(pattern).map((piece, index) =>
    index % 2 === 1 ? (
      <mark key={index} className="mark">
        {piece}
      </mark>
    ) : (
      piece
    ),
  );
}
