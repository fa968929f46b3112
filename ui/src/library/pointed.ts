// What is pointed at in a document: a chunk, or one of its blocks. Its pages and its text show the same.
import type { Chunk } from "./use-document";

export type Pointed = { chunk: Chunk; block: number | null } | null;

const UNKNOWN = { width: 0, height: 0 };

/** The boxes of a block, or of all blocks of a chunk, page by page. The pages' sizes come from the pages themselves. */
export function boxesOf(pointed: Pointed) {
  if (!pointed) return [];
  const { chunk, block } = pointed;
  const pages = new Map<number, number[][]>();
  const blocks = block === null ? chunk.blocks : chunk.blocks.slice(block, block + 1);
  for (const each of blocks) if (each.page && each.bbox) pages.set(each.page, [...(pages.get(each.page) ?? []), each.bbox]);
  return [...pages].map(([page, boxes]) => ({ page, ...UNKNOWN, boxes }));
}

/** The smallest block at a place of a page, in points from its top left. */
export function blockAt(chunks: readonly Chunk[], page: number, x: number, y: number): Pointed {
  let best: Pointed = null;
  let least = Infinity;
  for (const chunk of chunks) {
    if (chunk.min_page === null || chunk.min_page > page || (chunk.max_page ?? chunk.min_page) < page) continue;
    for (const [block, { bbox, page: own }] of chunk.blocks.entries()) {
      if (own !== page || !bbox) continue;
      const [left = 0, top = 0, right = 0, bottom = 0] = bbox;
      const size = (right - left) * (bottom - top);
      if (left <= x && x <= right && top <= y && y <= bottom && size < least) [best, least] = [{ chunk, block }, size];
    }
  }
  return best;
}

export function isSame(one: Pointed, other: Pointed): boolean {
  return one?.chunk.id === other?.chunk.id && one?.block === other?.block;
}
