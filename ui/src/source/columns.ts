import type { Sheet } from "./use-office";

const LETTER = 7.5; // pixels, about
const LEAST = 64;
const MOST = 420;

/** 1 is A, 27 is AA. */
export function columnName(number: number): string {
  let name = "";
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  return name;
}

/** In pixels, wide enough for nearly all that the first rows have. A title that runs over its neighbours does not count. */
export function columnWidths(sheet: Pick<Sheet, "rows" | "column_count">): number[] {
  return Array.from({ length: sheet.column_count }, (_, column) => {
    const lengths = sheet.rows.filter((row) => row.cells.filter(Boolean).length > 1).map((row) => row.cells[column]?.length ?? 0);
    return Math.min(MOST, Math.max(LEAST, Math.max(0, ...lengths) * LETTER + 18));
  });
}
