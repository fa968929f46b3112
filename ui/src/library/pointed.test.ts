import { expect, it } from "vitest";
import { entriesOf } from "./outline";
import { blockAt, boxesOf } from "./pointed";
import type { Chunk } from "./use-document";

const chunk = (id: string, page: number, boxes: number[][]): Chunk => ({
  id,
  ordinal: 0,
  content: "",
  min_page: page,
  max_page: page,
  heading_path: [],
  blocks: boxes.map((bbox, start) => ({ type: "paragraph", start, end: start + 1, page, bbox })),
});

it("finds the block under the pointer, and its box", () => {
  const table = chunk("a", 2, [[10, 10, 200, 300]]);
  const cell = chunk("b", 2, [[0, 400, 90, 420], [20, 20, 60, 40]]);
  const chunks = [table, cell, chunk("c", 3, [[20, 20, 60, 40]])];
  expect(blockAt(chunks, 2, 30, 30)).toEqual({ chunk: cell, block: 1 });
  expect(blockAt(chunks, 2, 150, 200)).toEqual({ chunk: table, block: 0 });
  expect(blockAt(chunks, 2, 500, 500)).toBeNull();
  expect(boxesOf(blockAt(chunks, 2, 30, 30))).toEqual([{ page: 2, width: 0, height: 0, boxes: [[20, 20, 60, 40]] }]);
  expect(boxesOf({ chunk: cell, block: null })[0]?.boxes).toHaveLength(2);
});

it("lists each heading where it is first seen", () => {
  const below = (id: string, ...heading_path: string[]): Chunk => ({ ...chunk(id, 1, []), heading_path });
  const titles = entriesOf([below("a", "One"), below("b", "One", "First"), below("c", "One", "Second"), below("d", "Two", "First")]).map(({ title, depth }) => [title, depth]);
  expect(titles).toEqual([["One", 0], ["First", 1], ["Second", 1], ["Two", 0], ["First", 1]]);
});
