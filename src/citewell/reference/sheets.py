"""A sheet of a cited workbook: the cells of a window of rows, and which of them hold the quoted words."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from citewell.ingestion.blocks import Block, Line, ParsedDocument, clean, table_text
from citewell.ingestion.parsing.sheet import Range, range_of
from citewell.kit.places import HEADINGS

_SEPARATOR = len(" | ")

Span = tuple[int, int]  # characters of the document's text


class SheetName(BaseModel):
    number: int
    name: str


class SheetRow(BaseModel):
    """A row. `number` is the row number that the program shows; `cells` begin with column A."""

    number: int
    cells: list[str]


class CellRange(BaseModel):
    """A range of cells. Rows and columns count from 1; both ends are included."""

    top: int
    left: int
    bottom: int
    right: int


class SheetNote(BaseModel):
    """A comment or chart of a sheet. `is_marked`: it holds quoted words."""

    place: str | None
    text: str
    is_marked: bool


class SheetOut(BaseModel):
    """A window of a sheet.

    `rows` are some of its `row_count` non-blank rows. `marked` are the cells with quoted words; `marked_row` is the
    index (from 0) of the first such row among all non-blank rows.
    """

    number: int
    name: str
    sheets: list[SheetName]
    column_count: int
    row_count: int
    rows: list[SheetRow]
    marked: list[CellRange]
    marked_row: int | None
    notes: list[SheetNote]


def sheet_of(document: ParsedDocument, number: int, span: Span | None, first: int, count: int) -> SheetOut | None:
    """Returns the sheet of this number (from 1) with its rows from index `first`; None if there is no such sheet."""
    names = _names(document)
    if number not in names:
        return None
    cells = _Cells(span)
    for block in document.blocks:
        if (block.page or 1) == number and block.type not in HEADINGS:
            cells.add(block)
    numbers = sorted(cells.rows)
    marked = sorted(cells.marked)
    return SheetOut(
        number=number,
        name=names[number],
        sheets=[SheetName(number=key, name=name) for key, name in sorted(names.items())],
        column_count=max((max(row) for row in cells.rows.values()), default=0),
        row_count=len(numbers),
        rows=[SheetRow(number=key, cells=_listed(cells.rows[key])) for key in numbers[first : first + count]],
        marked=[CellRange(top=row, left=left, bottom=row, right=right) for row, left, right in _joined(marked)],
        marked_row=numbers.index(marked[0][0]) if marked else None,
        notes=cells.notes,
    )


def _names(document: ParsedDocument) -> dict[int, str]:
    names: dict[int, str] = {}
    for block in document.blocks:
        number = block.page or 1
        if block.type in HEADINGS:
            names.setdefault(number, block.text)
        elif number not in names and block.page is None:
            names[number] = document.title or ""
    return names


class _Cells:
    """Collects the cells of one sheet from its blocks.

    Each block of a long table repeats the header: rows with the same number are one row. A quote that runs over a
    repeated header marks the header only if nothing else is quoted."""

    def __init__(self, span: Span | None) -> None:
        self._start, self._end = span or (0, 0)
        self.rows: dict[int, dict[int, str]] = {}
        self._marked: set[tuple[int, int]] = set()
        self._marked_again: set[tuple[int, int]] = set()
        self.notes: list[SheetNote] = []
        self._header: list[str] | None = None

    @property
    def marked(self) -> set[tuple[int, int]]:
        """(row, column) of the cells that hold quoted words."""
        return self._marked or self._marked_again

    def add(self, block: Block) -> None:
        if block.rows is not None and (block.lines or block.place is None):
            self._add_table(block, block.rows)
            return
        place = cells_of(block.place)
        if place is not None and place.top == place.bottom and place.left not in self.rows.get(place.top, {}):
            self._put(place.top, place.left, block.text, (block.start, block.end))
        else:
            is_marked = self._is_quoted((block.start, block.end))
            self.notes.append(SheetNote(place=block.place, text=block.text, is_marked=is_marked))

    def _add_table(self, block: Block, rows: list[list[str]]) -> None:
        filled = [row for row in rows if table_text([row])]
        for row, line in zip(filled, block.lines or _lines(block), strict=False):
            place = cells_of(line.place)
            if place is None:
                number, first = self._number(row), 1
            else:
                blank = next((at for at, cell in enumerate(row) if cell), 0)
                number, first = place.top, place.left - blank
            for column, (text, where) in enumerate(_placed(row, line.start), start=first):
                if text:
                    self._put(number, column, text, where)

    def _number(self, row: list[str]) -> int:
        """Returns the number of a row that states none: one after the last row; 1 for each repetition of a header."""
        if self._header is None:
            self._header = row
        return 1 if row == self._header else max(self.rows, default=0) + 1

    def _put(self, row: int, column: int, text: str, where: Span) -> None:
        cells = self.rows.setdefault(row, {})
        if self._is_quoted(where):
            (self._marked_again if column in cells else self._marked).add((row, column))
        cells.setdefault(column, text)

    def _is_quoted(self, where: Span) -> bool:
        return where[0] < self._end and self._start < where[1]


def cells_of(place: str | None) -> Range | None:
    """Returns the cells of a place like Prices!A1:C4; None for any other place."""
    found = re.search(r"!([A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?)$", place or "")
    return range_of(found[1]) if found else None


def _lines(block: Block) -> list[Line]:
    """Returns the lines of a table whose rows have no places."""
    lines, at = [], block.start
    for text in block.text.split("\n"):
        lines.append(Line(at, at + len(text)))
        at += len(text) + 1
    return lines


def _placed(row: list[str], start: int) -> Iterator[tuple[str, Span]]:
    """Yields each cell of a row with its offsets in the document's text; the row's line begins at `start`."""
    texts = [clean(" ".join(cell.split())) for cell in row]
    joined = " | ".join(texts)
    at = start - (len(joined) - len(joined.lstrip()))
    for text in texts:
        yield text, (at, at + len(text))
        at += len(text) + _SEPARATOR


def _listed(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(1, max(cells) + 1)]


def _joined(marked: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Adjacent cells joined to (row, first column, last column)."""
    found: list[tuple[int, int, int]] = []
    for row, column in marked:
        if found and found[-1][0] == row and found[-1][2] == column - 1:
            found[-1] = (row, found[-1][1], column)
        else:
            found.append((row, column, column))
    return found
