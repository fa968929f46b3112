import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { cx } from "../kit/cx";
import { columnName, columnWidths } from "./columns";
import { useSheetRows, WINDOW, type Sheet } from "./use-office";

type Props = { chunkId: string; quote: string | null; sheet: Sheet; label: string };

const ROW = 28; // pixels
const NUMBER = 56; // pixels, of the column of row numbers

/** The cells of a sheet; only the rows and columns that are seen are in the page. */
export function SheetGrid({ chunkId, quote, sheet, label }: Props) {
  const box = useRef<HTMLDivElement>(null);
  // As wide as the first rows and the quoted ones need: both are seen without scrolling.
  const quoted = useSheetRows(chunkId, sheet, quote, useMemo(() => (sheet.marked_row == null ? [] : [Math.floor(sheet.marked_row / WINDOW)]), [sheet.marked_row]));
  const widths = columnWidths({ rows: [...sheet.rows, ...quoted.values()], column_count: sheet.column_count });
  const rows = useVirtualizer({ count: sheet.row_count, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 8, paddingStart: ROW });
  const columns = useVirtualizer({ horizontal: true, count: sheet.column_count, getScrollElement: () => box.current, estimateSize: (at) => widths[at] ?? 0, overscan: 2, paddingStart: NUMBER });
  const measures = widths.join();
  useEffect(() => columns.measure(), [columns, measures]);
  const seen = rows.getVirtualItems();
  const first = Math.floor((seen[0]?.index ?? 0) / WINDOW);
  const last = Math.floor((seen.at(-1)?.index ?? 0) / WINDOW);
  const windows = useMemo(() => Array.from({ length: last - first + 1 }, (_, at) => first + at), [first, last]);
  const found = useSheetRows(chunkId, sheet, quote, windows);
  const isMarked = useMemo(() => marker(sheet), [sheet]);
  const leftmost = Math.min(...sheet.marked.map((each) => each.left));
  useEffect(() => {
    if (sheet.marked_row == null) return;
    rows.scrollToIndex(sheet.marked_row, { align: "center" });
    if (Number.isFinite(leftmost)) columns.scrollToIndex(leftmost - 1, { align: "auto" });
  }, [sheet.marked_row, leftmost, rows, columns]);
  const wide = columns.getVirtualItems();
  return (
    <div ref={box} tabIndex={0} role="region" aria-label={label} className="min-h-0 flex-1 overflow-auto bg-panel text-sm outline-offset-[-2px]">
      <div role="table" aria-label={label} aria-rowcount={sheet.row_count + 1} aria-colcount={sheet.column_count + 1} className="relative" style={{ height: rows.getTotalSize(), width: columns.getTotalSize() }}>
        <div role="rowgroup" className="sticky top-0 z-20 h-7" style={{ width: columns.getTotalSize() }}>
          <div role="row" aria-rowindex={1} className="relative h-full bg-sunken">
            <div role="columnheader" aria-colindex={1} className="sticky start-0 z-10 h-full border-e border-b bg-sunken" style={{ width: NUMBER }}>
              <span className="sr-only">#</span>
            </div>
            {wide.map((column) => (
              <div key={column.key} role="columnheader" aria-colindex={column.index + 2} className="absolute top-0 h-full border-e border-b text-center leading-7 text-muted" style={{ left: column.start, width: column.size }}>
                {columnName(column.index + 1)}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup">
          {seen.map((item) => {
            const row = found.get(item.index);
            return (
              <div key={item.key} role="row" aria-rowindex={item.index + 2} className="absolute start-0" style={{ top: item.start, height: ROW, width: columns.getTotalSize() }}>
                <div role="rowheader" aria-colindex={1} className="sticky start-0 z-10 h-full border-e border-b bg-sunken px-2 text-end leading-7 text-muted" style={{ width: NUMBER }}>
                  {row?.number}
                </div>
                {wide.map((column) => (
                  <Cell key={column.key} index={column.index} left={column.start} width={column.size} text={row?.cells[column.index] ?? ""} isMarked={row !== undefined && isMarked(row.number, column.index + 1)} />
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

type CellProps = { index: number; left: number; width: number; text: string; isMarked: boolean };
const NUMERIC = /^[-+(]?[^\p{L}\d]{0,2}\d[\d\s.,'’]*\)?\s?[%€$£]?$/u;

function Cell({ index, left, width, text, isMarked }: CellProps) {
  return (
    <div role="cell" dir="auto" aria-colindex={index + 2} title={text} className={cx("absolute top-0 h-full truncate border-e border-b px-2 leading-7", NUMERIC.test(text) && "text-end", isMarked && "bg-mark")} style={{ left, width }}>
      {isMarked ? (
        <mark data-cell-mark="" className="bg-transparent text-text">
          {text}
        </mark>
      ) : (
        text
      )}
    </div>
  );
}

function marker(sheet: Sheet): (row: number, column: number) => boolean {
  return (row, column) => sheet.marked.some((each) => each.top <= row && row <= each.bottom && each.left <= column && column <= each.right);
}
