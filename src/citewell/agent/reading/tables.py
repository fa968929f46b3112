"""Tables out of a document's text: rows with their label, section and cells, columns with their heads, unit, caption.

Every parser writes a table as lines of cells, `label | cell | cell`; blocks stand between blank lines. That is all that
is needed here, so what is quoted is always text of the chunk.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading import periods
from citewell.agent.reading.head_places import Piece
from citewell.agent.reading.head_words import is_temporal, names_time
from citewell.agent.reading.headers import Column, columns, merged
from citewell.agent.reading.periods import Period
from citewell.agent.reading.vocabulary import load, whole_words

_SIGN = r"[$€£¥₹]|US\$|EUR|USD|CHF|GBP"
_DIGITS = r"\d[\d,.'’\u00a0 ]*|[—–-]+"
_AFTER = rf"\s*\)?\s*(?:%|pts|bps|x|{_SIGN})?\s*\)?%?"
_VALUE = re.compile(rf"(?:{_SIGN})?\s*[(+−–-]?\s*(?:{_SIGN})?\s*(?:{_DIGITS}){_AFTER}", re.IGNORECASE)
_BEGINS_WITH_NUMBER = re.compile(r"\W*\d")
_MAX_ABOVE = 6  # blocks over a table that may be its caption, unit and heads
_MAX_ABOVE_CHARS = 300
_MAX_FAR = 24  # blocks above a table in which a sentence may name the unit of several
_MAX_HEADING_CHARS = 90
_CHAPTER_DEPTH = 3  # headings that tables of one chapter share
_MAX_HEADS = 6
_LEAST_BALANCES = 2


class Cell(msgspec.Struct, frozen=True):
    """`start` and `end` in characters of the chunk's content."""

    text: str
    start: int
    end: int


class Row(msgspec.Struct, frozen=True):
    """`cells` stand under the table's columns, None where the row has none. `period` is that of the row's section."""

    label: str
    section: str
    cells: list[Cell | None]
    start: int
    end: int
    period: Period = Period()


class Table(msgspec.Struct, frozen=True):
    """`chunk` is the index of its chunk; `order` counts the tables of the document. `period` is what stands over it."""

    chunk: int
    order: int
    caption: str
    heading: str
    unit: str
    columns: list[Column]
    rows: list[Row]
    period: Period = Period()

    @property
    def is_over_periods(self) -> bool:
        """Whether its columns or sections are days, years or stretches of time."""
        dated = sum(column.period.is_known or column.period.months is not None for column in self.columns)
        return dated > 1 or dated == len(self.columns) or any(row.period.is_known for row in self.rows)


class Block(msgspec.Struct, frozen=True):
    """A paragraph, heading or table of a chunk; `start` in characters of the chunk's content."""

    chunk: int
    start: int
    text: str

    @property
    def is_table(self) -> bool:
        return "|" in self.text and any(" | " in line or line.startswith("| ") for line in self.text.split("\n"))


def blocks(chunks: Sequence[ChunkText]) -> list[Block]:
    """The blocks of a document, in its order."""
    found = []
    for index, chunk in enumerate(chunks):
        for part in re.finditer(r"(?:[^\n]|\n(?!\s*\n))+", chunk.content):
            text = part[0]
            if text.strip():
                found.append(Block(index, part.start() + len(text) - len(text.lstrip()), text.strip()))
    return found


def tables(chunks: Sequence[ChunkText], parts: Sequence[Block]) -> list[Table]:
    """The tables of a document. One without heads goes on from the one before it, on the page before."""
    found: list[Table] = []
    for index, block in enumerate(parts):
        if not block.is_table:
            continue
        above = _above(parts, index)
        for table in _tables(chunks, block, above, len(found)):
            table = _continued(table, found[-1] if found else None)
            stated = _unit_of_all(chunks, parts, index) if not table.unit else ""
            found.append(msgspec.structs.replace(table, unit=stated) if stated else table)
    return found


def _unit_of_all(chunks: Sequence[ChunkText], parts: Sequence[Block], index: int) -> str:
    """The unit that a sentence above names for several tables: "the following tables show ... (in millions)". It holds
    in its chapter, for tables right below a heading; a table with a sentence of its own may be about anything."""
    before = parts[index - 1] if index else None
    if before is None or before.is_table or len(before.text) > _MAX_HEADING_CHARS or before.text.rstrip()[-1] in ".:":
        return ""
    chapter = _chapter(chunks[parts[index].chunk])
    for block in reversed(parts[max(index - _MAX_FAR, 0) : index]):
        if _chapter(chunks[block.chunk]) != chapter:
            return ""
        if not block.is_table and _several().search(block.text):
            return unit(block.text)
    return ""


def _chapter(chunk: ChunkText) -> tuple[str, ...]:
    return tuple(chunk.heading_path[:_CHAPTER_DEPTH])


@cache
def _several() -> re.Pattern[str]:
    return whole_words(load("concepts")["several"]["tables"])


def _above(parts: Sequence[Block], index: int) -> list[Piece]:
    """Short blocks right above a table, top first, down from the nearest table or long paragraph."""
    above: list[Piece] = []
    for block in reversed(parts[max(index - _MAX_ABOVE, 0) : index]):
        if block.is_table:
            break
        text = " ".join(block.text.split())
        above.append(Piece(text[-_MAX_ABOVE_CHARS:], 1, block.start, block.start + len(block.text), block.chunk))
        if len(text) > _MAX_ABOVE_CHARS:
            break
    return above[::-1]


def _continued(table: Table, before: Table | None) -> Table:
    if before is None or any(column.text for column in table.columns) or len(before.columns) != len(table.columns):
        return table
    if table.chunk - before.chunk > 1 or not _begins_with_values(table):
        return table
    return msgspec.structs.replace(
        table, columns=before.columns, unit=table.unit or before.unit, caption=table.caption or before.caption
    )


def _begins_with_values(table: Table) -> bool:
    """Whether its first row is no head of its own that was not read as one."""
    cells = [cell for cell in table.rows[0].cells if cell is not None] if table.rows else []
    return any(is_value(cell.text) for cell in cells)


def _pieces(line: str, start: int, chunk: int) -> list[Piece]:
    """The cells of a line, with their places."""
    pieces, place = [], 0
    for index, text in enumerate(line.split("|")):
        inner = text.strip()
        left = place + len(text) - len(text.lstrip())
        pieces.append(Piece(inner, index, start + left, start + left + len(inner), chunk))
        place += len(text) + 1
    return pieces


def is_value(text: str) -> bool:
    """Whether a cell is a number, with or without sign, currency and per cent, or a dash for none."""
    return bool(_VALUE.fullmatch(text.strip())) and text.strip() != ""


def number(text: str) -> float | None:
    """The number of a cell, negative in brackets; None for a dash. Points and commas as in English, or as they must."""
    found = re.search(r"\d[\d,.'’\u00a0 ]*", text)
    if found is None:
        return None
    digits = re.sub(r"['’\u00a0 ]", "", found[0]).rstrip(".,")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    negative = re.search(r"[(−–-]\s*(?:[$€£¥]\s*)?\d", text) is not None
    try:
        value = float(digits.replace(",", ""))
    except ValueError:
        return None
    return -value if negative else value


def _tables(chunks: Sequence[ChunkText], block: Block, above: Sequence[Piece], order: int) -> Iterator[Table]:
    """A block's tables: where new heads of columns come after rows, a new one begins."""
    heads: list[list[Piece]] = []
    body: list[list[Piece]] = []
    sections = _dated_sections(block.text)
    place = block.start
    for line in block.text.split("\n"):
        pieces = _pieces(line, place, block.chunk)
        place += len(line) + 1
        if line not in sections and _is_head(pieces, body):
            if body and any(_values(row) for row in body):
                yield _table(chunks, block, above, heads, body, order)
                heads, body, above = [], body[-1:] if not _values(body[-1]) else [], above[:1]
                order += 1
            if _is_dated_section(pieces):  # "Fiscal Year 2023 | | (in millions)"
                body.append(pieces[:1])
                pieces = [msgspec.structs.replace(pieces[0], text=""), *pieces[1:]]
            heads.append(pieces)
        else:
            body.append(pieces)
    if not body and len(heads) > 1:  # words alone: the first row is the head where there are several columns
        width = max(len(row) for row in heads)
        heads, body = (heads[:1], heads[1:]) if width > 2 else ([], heads)
    if body:
        yield _table(chunks, block, above, heads, body, order)


def _has_cells(row: Sequence[Piece]) -> bool:
    return any(piece.text for piece in row[1:])


def _is_dated_section(row: Sequence[Piece]) -> bool:
    """Whether a period stands where labels do, apart from the heads of its row."""
    return len(row) > 2 and is_temporal(row[0].text) and not row[1].text


def _values(row: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in row[1:] if is_value(piece.text)]


def _dated_sections(text: str) -> frozenset[str]:
    """Lines of a table that name the period of the rows below them: periods of one kind, also between its rows."""
    lines = text.split("\n")
    alone = [(at, line) for at, line in enumerate(lines) if "|" not in line and is_temporal(line)]
    values = [at for at, line in enumerate(lines) if _values(_pieces(line, 0, 0))]
    inside = {_kind(line) for at, line in alone if values and values[0] < at < values[-1]}
    return frozenset(line for _, line in alone if _kind(line) in inside)


def _kind(line: str) -> tuple[bool, bool]:
    """Whether a line names a day, and how long the time to it is."""
    period = merged([mention.period for mention in periods.find(line)])
    return period.end is not None, period.months is not None


def _is_head(row: Sequence[Piece], body: Sequence[Sequence[Piece]]) -> bool:
    in_body = any(_has_cells(one) for one in body)
    texts = [piece.text for piece in row if piece.text]
    rest = [piece.text for piece in row[1:] if piece.text]
    if not rest:
        return not in_body and len(texts) == 1 and (texts[0].startswith("(") or is_temporal(texts[0]))
    if len(rest) == 1 and row[0].text and not row[0].text.startswith("(") and not names_time(row[0].text):
        return False  # "Invoice date | 3 March 2026" in a form
    if all(names_time(text) for text in rest):
        return not (in_body and row[0].text and not is_temporal(row[0].text))
    if in_body:
        return False
    if body:  # below the label of a section: "Remaining term | 11.6 years" is no head
        return not any(_BEGINS_WITH_NUMBER.match(text) and not names_time(text) for text in rest)
    return not any(is_value(text) and not names_time(text) for text in rest)


def _table(
    chunks: Sequence[ChunkText],
    block: Block,
    above: Sequence[Piece],
    heads: Sequence[Sequence[Piece]],
    body: Sequence[Sequence[Piece]],
    order: int,
) -> Table:
    heads = heads[:_MAX_HEADS]
    count = _width(body) or max((len(row) - 1 for row in [*heads, *body]), default=1)
    over = [line for line in above if len(line.text) < 90 and is_temporal(line.text)]
    rest = [line.text for line in above if line not in over]
    inside = [piece.text for row in heads for piece in row]
    inside += [piece.text for row in body for piece in row if piece.text[:1] == "("]
    written = " ".join([*rest, *inside])
    chunk = chunks[block.chunk]
    over_columns = columns(heads, count, over, _valued(body, count))
    is_over_periods = sum(column.period.is_known or column.period.months is not None for column in over_columns) > 1
    return Table(
        chunk=block.chunk,
        order=order,
        caption=" ".join(rest)[-2 * _MAX_ABOVE_CHARS :],
        heading=" > ".join(chunk.heading_path),
        unit=unit(written),
        columns=over_columns,
        rows=_between_balances(list(_rows(body, count, is_over_periods=is_over_periods))),
        period=_stated(*(line.text for line in above[-2:])) or _stated(last_sentence(" ".join(rest))) or Period(),
    )


def _stated(*texts: str) -> Period | None:
    """The period that the texts name, a day or a year; None where they name none."""
    period = merged([mention.period for text in texts for mention in periods.find(text)])
    return period if period != Period() else None


def last_sentence(text: str) -> str:
    return re.split(r"(?<=\w)\. ", text.strip())[-1]


def _width(body: Sequence[Sequence[Piece]]) -> int:
    """Returns the number of columns of values: that of most rows of values, the larger one where two are as
    frequent.
    """
    counts = Counter(max(len(values), _reach(row)) for row in body if (values := _values(row)))
    return max(counts, key=lambda count: (counts[count], count), default=0)


def _valued(body: Sequence[Sequence[Piece]], count: int) -> list[int]:
    """The columns (from 0) with more values than words."""
    values, filled = Counter[int](), Counter[int]()
    for row in body:
        filled.update(piece.index for piece in row[1:] if piece.text)
        values.update(piece.index for piece in _values(row))
    return [index - 1 for index in range(1, count + 1) if 2 * values[index] > filled[index]]


def _reach(row: Sequence[Piece]) -> int:
    return max((piece.index for piece in row if piece.text), default=0)


def _rows(body: Sequence[Sequence[Piece]], count: int, *, is_over_periods: bool) -> Iterator[Row]:
    """The rows with their cells under the columns. Over periods, one with more cells than columns has none: nothing
    tells which of them stand where."""
    section, period = "", Period()
    for row in body:
        filled = [piece for piece in row[1:] if piece.text]
        label = row[0].text
        if not filled:
            if label and not label.startswith("("):
                section = label.rstrip(":")
                stated = merged([mention.period for mention in periods.find(label)])
                period = stated if stated.is_known else period
            continue
        cells: list[Cell | None] = [None] * count
        for piece in filled:
            if piece.index <= count and not (is_over_periods and _reach(row) > count):
                cells[piece.index - 1] = Cell(piece.text, piece.start, piece.end)
        yield Row(label, section, cells, row[0].start, filled[-1].end, period)


def _between_balances(rows: list[Row]) -> list[Row]:
    """Statements of equity name days in rows: what stands between two balances is of the time up to the second one."""
    days = [_balance_day(row) for row in rows]
    if sum(day is not None for day in days) < _LEAST_BALANCES:
        return rows
    after: Period | None = None
    dated = []
    for row, day in zip(reversed(rows), reversed(days), strict=True):
        after = day or after
        dated.append(msgspec.structs.replace(row, period=after) if after is not None else row)
    return dated[::-1]


def _balance_day(row: Row) -> Period | None:
    if not _balance().search(row.label):
        return None
    return next((mention.period for mention in periods.find(row.label) if mention.period.end), None)


@cache
def _balance() -> re.Pattern[str]:
    return whole_words(load("concepts")["balances"]["words"])


def unit(text: str) -> str:
    """The unit that a caption or head names ("in millions"), as its vocabulary writes it; "" where there is none."""
    lowered = text.lower()
    return next(
        (name for name, words in load("concepts")["units"].items() if any(word in lowered for word in words)), ""
    )
