"""Rows of a sheet become tables: titles above them, the header found and repeated, merged cells filled, cells named."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from citewell.ingestion.blocks import Builder, Line, table_text

ROWS_PER_BLOCK = 40
CHARS_PER_BLOCK = 6000  # a block must fit into a chunk, which has the header only if its block has
MAX_COLUMNS = 500
_LOOK_AHEAD = 12  # rows below a candidate that tell whether it is a header
_MOST_TABLES = 500  # that a sheet may name
_MOST_NAMED = 10  # runs of rows or columns in a warning
_MOST_LINES = 3  # of a title that stands by itself above a table
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d\s.,'’/:-]*(?:[eE][-+]?\d+)?\)?\s?[%‰]?\s?\w{0,3}[^\w\s]?$")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")


@dataclass
class Row:
    """`number` counts from 1 as the program shows it; `cells` begin with column A."""

    number: int
    cells: list[str]
    is_hidden: bool = False


@dataclass(frozen=True)
class Range:
    """Rows and columns counted from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class NamedTable:
    """A range that the file itself calls a table. `headers` is the number of its header rows."""

    name: str
    range: Range
    headers: int = 1


@dataclass
class Sheet:
    """`header_row` is the last one of the rows that the program keeps in sight or prints on each page.

    `filtered` are ranges of which a filter shows a part: rows that it hides come back with a click, so they are read.
    """

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    tables: list[NamedTable] = field(default_factory=list)
    header_row: int | None = None
    hidden_columns: set[int] = field(default_factory=set)
    filtered: list[Range] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)

    def hides(self, number: int) -> bool:
        """Whether the row was hidden by hand."""
        return not any(cells.top <= number <= cells.bottom for cells in self.filtered)

    def leave_out_hidden(self) -> str:
        """Leave out what was hidden by hand. Returns its rows and columns in words, "" where none had values."""
        _fill_merged(self)
        self.merged = []
        hidden = [row.number for row in self.rows if row.is_hidden and self.hides(row.number)]
        self.left_out = set(hidden)
        self.rows = [row for row in self.rows if row.number not in self.left_out]
        used = {number for row in self.rows for number, cell in enumerate(row.cells, 1) if cell}
        columns = sorted(self.hidden_columns & used)
        for row in self.rows:
            for number in columns:
                row.cells[number - 1 : number] = [""] * (number <= len(row.cells))
        return " and ".join(filter(None, (_named("row", hidden, str), _named("column", columns, column_name))))


@dataclass
class _Region:
    rows: list[Row]
    headers: int
    titles: list[Row]
    name: str = ""


def column_name(number: int) -> str:
    """1 is A, 27 is AA."""
    name = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_number(name: str) -> int:
    """Returns the number of a column named by capital letters; 0 for an empty name."""
    number = 0
    for char in name:
        number = number * 26 + ord(char) - 64
    return number


def range_of(reference: str) -> Range | None:
    """Parses a reference like B2:D7 or $B$2; None for others."""
    found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?", reference.replace("$", "").upper())
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    return Range(int(top), column_number(left), int(bottom or top), column_number(right or left))


def place_of(sheet: str, cells: Range) -> str:
    """Returns the place as spreadsheets write it: Prices!A1:C4, 'Price list'!B2."""
    shown = sheet if _PLAIN_NAME.match(sheet) else "'" + sheet.replace("'", "''") + "'"
    first = f"{column_name(cells.left)}{cells.top}"
    last = f"{column_name(cells.right)}{cells.bottom}"
    return f"{shown}!{first}" if first == last else f"{shown}!{first}:{last}"


def _named(noun: str, numbers: Sequence[int], shown: Callable[[int], str]) -> str:
    """ "row 4", "columns B, D-F"; at most some are named."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    named = [shown(run[0]) if len(run) == 1 else f"{shown(run[0])}-{shown(run[-1])}" for run in runs[:_MOST_NAMED]]
    more = " and more" if len(runs) > _MOST_NAMED else ""
    return f"{noun}{'s' if len(numbers) > 1 else ''} {', '.join(named)}{more}" if numbers else ""


def add_sheet(builder: Builder, sheet: Sheet, page: int | None = None) -> None:
    """The sheet's tables, with what stands above each."""
    _fill_merged(sheet)
    for region in _regions(sheet):
        for title in region.titles:
            text = " ".join(dict.fromkeys(cell for cell in title.cells if cell))
            builder.add("text", text, page=page, place=_place(sheet, [title]))
        if region.name:
            builder.add("text", f"Table {region.name}", page=page, place=_place(sheet, region.rows))
        _add_region(builder, sheet, region, page)


def _fill_merged(sheet: Sheet) -> None:
    """The value of merged cells in each of them. A range beyond the used cells ends with those."""
    by_number = {row.number: row for row in sheet.rows}
    numbers = sorted(by_number)
    widest = max((len(row.cells) for row in sheet.rows), default=0)
    remaining = widest * len(numbers)  # cells: ranges that overlap, which no program writes, may have endless ones
    for cells in sheet.merged:
        first = by_number.get(cells.top)
        if first is None or cells.left > len(first.cells) or not first.cells[cells.left - 1]:
            continue
        value = first.cells[cells.left - 1]
        wide = min(cells.right, widest, MAX_COLUMNS) - cells.left + 1
        inside = numbers[bisect_left(numbers, cells.top) : bisect_right(numbers, cells.bottom)]
        remaining -= wide * len(inside)
        if remaining < 0:
            break
        for number in inside:
            row = by_number[number]
            row.cells += [""] * (cells.left - 1 + wide - len(row.cells))
            row.cells[cells.left - 1 : cells.left - 1 + wide] = [value] * wide


def _regions(sheet: Sheet) -> Iterator[_Region]:
    """Tables that the file names, and what lies between blank rows."""
    rows = sorted((row for row in sheet.rows if any(row.cells)), key=_row_number)
    begin = 0  # of the rows that no table has had
    for table in sorted(sheet.tables, key=lambda table: table.range.top)[:_MOST_TABLES]:
        top = bisect_left(rows, table.range.top, lo=begin, key=_row_number)
        end = bisect_right(rows, table.range.bottom, lo=top, key=_row_number)
        if top == end or not _stands_alone(rows[top:end], table.range):
            continue
        yield from _guessed(rows[begin:top], sheet)
        yield _Region(rows[top:end], min(table.headers, end - top), [], table.name)
        begin = end
    yield from _guessed(rows[begin:], sheet)


def _row_number(row: Row) -> int:
    return row.number


def _stands_alone(rows: Sequence[Row], cells: Range) -> bool:
    """Whether there is nothing beside the table in its rows."""
    return all(not any(row.cells[: cells.left - 1]) and not any(row.cells[cells.right :]) for row in rows)


def _guessed(rows: list[Row], sheet: Sheet) -> Iterator[_Region]:
    known: _Region | None = None
    runs = list(_runs(rows, sheet.left_out))
    for number, run in enumerate(runs):
        last = number == len(runs) - 1
        if len(bands := _bands(run, sheet)) > 1:
            if known is not None:
                yield known
                known = None
            yield from (_Region(body, _headers(body, sheet), titles) for titles, body in bands)
            continue
        titles, body = _without_titles(run, sheet, is_last=last)
        if known is not None and not titles and body and known.headers and _continues(known, body):
            known.rows += body
            continue
        if known is not None:
            yield known
        known = _Region(body, _headers(body, sheet), titles)
    if known is not None:
        yield known


def _runs(rows: list[Row], left_out: set[int]) -> Iterator[list[Row]]:
    """Rows without a blank one between them; those that were left out are not blank."""
    run: list[Row] = []
    for row in rows:
        if run and any(number not in left_out for number in range(run[-1].number + 1, row.number)):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _bands(run: list[Row], sheet: Sheet) -> list[tuple[list[Row], list[Row]]]:
    """Titles and rows of tables that stand side by side; no more than one where the run is one table.

    A blank column is often there for looks. So each side must be a table by itself: with a full header of words, and
    words in the first column that name its rows.
    """
    hidden = {number - 1 for number in sheet.hidden_columns}
    if not _blank_columns(run[:50]) - hidden or len(run) < 3:
        return []
    found = []
    for left, right in _between(_blank_columns(run) - hidden, max(len(row.cells) for row in run)):
        rows = [Row(row.number, [*[""] * left, *row.cells[left:right]]) for row in run if any(row.cells[left:right])]
        titles, body = _without_titles(rows, sheet, is_last=True)
        if not _is_table_itself(body, left, right):
            return []
        found.append((titles, body))
    return found


def _blank_columns(rows: Sequence[Row]) -> set[int]:
    """Columns, from 0, that no row uses and that have used ones on both sides."""
    used = {place for row in rows for place, cell in enumerate(row.cells) if cell}
    return set(range(min(used, default=0), max(used, default=0))) - used


def _between(blank: set[int], end: int) -> Iterator[tuple[int, int]]:
    """First column and the one behind the last of each band that blank columns divide."""
    left = 0
    for place in [*sorted(blank), end]:
        if place > left:
            yield left, place
        left = place + 1


def _is_table_itself(rows: Sequence[Row], left: int, right: int) -> bool:
    if len(rows) < 2 or right - left < 2:
        return False
    header = rows[0].cells[left:right]
    names = [row.cells[left] for row in rows[1 : 1 + _LOOK_AHEAD] if left < len(row.cells)]
    is_full = len(header) == right - left and all(header) and _is_all_words(rows[0])
    return is_full and bool(names) and all(name and not _is_number(name) for name in names)


def _distinct(row: Row) -> list[str]:
    """Returns the row's values; one that spans merged cells counts once."""
    values: list[str] = []
    for place, cell in enumerate(row.cells):
        if cell and (place == 0 or cell != row.cells[place - 1]):
            values.append(cell)
    return values


def _without_titles(run: list[Row], sheet: Sheet, *, is_last: bool) -> tuple[list[Row], list[Row]]:
    """Rows of one value above wider ones are titles and remarks, not rows of the table."""
    widest = max(len(_distinct(row)) for row in run[: 200 + _LOOK_AHEAD])
    if widest < 2:
        return (run, []) if len(run) <= _MOST_LINES and not is_last else ([], run)
    count = 0
    while count < len(run) - 1 and count < 20 and len(_distinct(run[count])) == 1:
        if sheet.header_row is not None and run[count].number == sheet.header_row:
            break
        count += 1
    return run[:count], run[count:]


def _headers(rows: list[Row], sheet: Sheet) -> int:
    """How many of the first rows are the header. Where nothing tells, the first row is it."""
    if len(rows) < 2:
        return len(rows)
    if sheet.header_row is not None and rows[0].number <= sheet.header_row < rows[0].number + 5:
        found = sum(row.number <= sheet.header_row for row in rows)
        if found < len(rows):
            return found
    first, second = rows[0], rows[1]
    grouped = len(_distinct(first)) < sum(1 for cell in first.cells if cell) or _is_sparse(first, second)
    if grouped and len(rows) > 2 and _is_all_words(first) and _is_all_words(second) and _has_numbers(rows[2:]):
        return 2
    return 1


def _is_sparse(first: Row, second: Row) -> bool:
    """Groups above columns leave cells blank that the row below fills."""
    filled = sum(1 for cell in first.cells if cell)
    return 0 < filled < 0.7 * sum(1 for cell in second.cells if cell)


def _is_all_words(row: Row) -> bool:
    """Years and the like are words in a header."""
    return not any(_is_number(cell) and not re.fullmatch(r"(19|20)\d\d", cell) for cell in row.cells if cell)


def _has_numbers(rows: Sequence[Row]) -> bool:
    return any(_is_number(cell) for row in rows[:_LOOK_AHEAD] for cell in row.cells if cell)


def _is_number(text: str) -> bool:
    return len(text) < 40 and _NUMBER.match(text) is not None


def _continues(known: _Region, rows: list[Row]) -> bool:
    """Whether rows behind a blank one go on with the table: they have its width, and their first row is no header."""
    first = rows[0]
    widest = max(len(row.cells) for row in known.rows)
    same = max(len(row.cells) for row in rows) <= widest and _start(rows) >= _start(known.rows)
    is_header = len(_distinct(first)) > 1 and _is_all_words(first) and (len(rows) == 1 or _has_numbers(rows[1:]))
    return same and not is_header


def _start(rows: Sequence[Row]) -> int:
    """The first column that is used."""
    return min((next((place for place, cell in enumerate(row.cells) if cell), 999) for row in rows), default=0)


def _add_region(builder: Builder, sheet: Sheet, region: _Region, page: int | None) -> None:
    if not region.rows:
        return
    left = _start(region.rows)
    header, body = region.rows[: region.headers], region.rows[region.headers :]
    for group in _groups(header, body):
        text, cells, lines = [], [], []
        end = 0
        for row in [*header, *group]:
            kept = [cell for at, cell in enumerate(row.cells[left:], left + 1) if at not in sheet.hidden_columns]
            values = _trimmed(kept)
            cells.append(values)
            line = table_text([values])
            if not line:
                continue
            text.append(line)
            if sheet.name:
                lines.append(Line(end, end + len(line), place=_place(sheet, [row])))
            end += len(line) + 1
        shown = group or header
        builder.add("table", "\n".join(text), rows=cells, page=page, place=_place(sheet, shown), lines=lines)


def _groups(header: list[Row], body: list[Row]) -> Iterator[list[Row]]:
    """The rows in groups that are short enough to be read alone; the header is not among them."""
    if not body:
        yield []
    group: list[Row] = []
    size = 0
    for row in body:
        length = sum(len(cell) + 3 for cell in row.cells)
        if group and (len(group) >= ROWS_PER_BLOCK or size + length > CHARS_PER_BLOCK):
            yield group
            group, size = [], 0
        group.append(row)
        size += length
    if group:
        yield group


def _trimmed(cells: list[str]) -> list[str]:
    count = len(cells)
    while count and not cells[count - 1]:
        count -= 1
    return cells[:count]


def _place(sheet: Sheet, rows: Sequence[Row]) -> str | None:
    if not sheet.name or not rows:
        return None
    right = max(len(_trimmed(row.cells)) for row in rows)
    return place_of(sheet.name, Range(rows[0].number, _start(rows) + 1, rows[-1].number, max(right, 1)))
