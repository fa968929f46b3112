import { expect, test } from "vitest";
import { columnName, columnWidths } from "./columns";

test("columns are named as in a workbook", () => {
  expect([1, 26, 27, 52, 703].map(columnName)).toEqual(["A", "Z", "AA", "AZ", "AAA"]);
});

test("a title above a table does not widen its column", () => {
  const rows = [
    { number: 1, cells: ["A title of more words than any cell of the table below it has"] },
    { number: 3, cells: ["Pump", "A longer description of it"] },
  ];
  const [first, second] = columnWidths({ rows, column_count: 2 });
  expect(first).toBe(64);
  expect(second).toBeGreaterThan(150);
});
