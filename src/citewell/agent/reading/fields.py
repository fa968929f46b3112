"""Fields: the cells of a document's plain tables and the labelled values of its forms, each with what names it.

A plain table is one whose columns are no periods: a price list, a table of faults, a data sheet. What a question names
may stand in the first cell of a row, in any other one, or in the head of a column. Tables over periods are read by
`cells.py`, which knows of years and quarters.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.agent.reading import forms, periods
from citewell.agent.reading.forms import Line
from citewell.agent.reading.head_words import is_temporal
from citewell.agent.reading.labels import is_known
from citewell.agent.reading.tables import Block, is_value
from citewell.agent.reading.vocabulary import load
from citewell.search.analyse import analyse

ASKS = ("?", "？")  # the end of a label that is a question
_MOST = 5000  # fields of one document
_MAX_CELLS = 12  # of a row that counts as one field
_MAX_ROW_CHARS = 600
_FORM_CHARS = 4000  # a chunk up to this length is about one thing, which its other values name
_TEMPORAL_ROWS = 4  # at the top of a table that may name periods
_CAPTION_CHARS = 200
_TITLE_LINES, _TITLE_CHARS = 3, 80  # lines at the top of a form that name it: "INVOICE 2026-118"
_LEAST_ASKING, _ASKING_SHARE = 2, 0.5  # cells of a column, of all its cells, that are questions
_ONE_KIND = 0.8  # share of the values below a header of two cells that must be of one kind
_FIGURE = re.compile(r"[^\w\s]{0,3}\s?(?:[A-Z]{3}\s?|[A-Z]{2}\$)?\d")
_NAME = re.compile(r"[A-ZÀ-Þ]\S*+(?:\s++[A-ZÀ-Þ]\S*+)+")


class Field(msgspec.Struct, frozen=True):
    """`start` and `end` in characters of the content of chunk number `chunk`; `table` and `row` are where its table and
    row begin. `label` is the first cell of the row, `head` that of the column. A field with `parts`, (head, value)
    each, is a whole row.

    Analysed words: `named` of the label, `headed` of the head, `key` of the other cells of the row, `keys` of each of
    them, `said` of the value, `context` of what stands around. `head_at` is where the head of the column stands.
    """

    chunk: int
    table: int
    row: int
    start: int
    end: int
    label: str
    head: str
    value: str
    named: frozenset[str]
    headed: frozenset[str]
    key: frozenset[str]
    keys: tuple[frozenset[str], ...]
    said: frozenset[str]
    context: frozenset[str]
    head_at: tuple[int, int] | None = None
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Returns the field as one line: its label and its value."""
        if self.parts:
            return f"{self.label}: " + "; ".join(f"{head}: {value}" if head else value for head, value in self.parts)
        return f"{self.label}, {self.head}: {self.value}" if self.head else f"{self.label}: {self.value}"


class _Row(msgspec.Struct, frozen=True):
    """The cells of a row that are not empty, with the index of each among all."""

    cells: list[tuple[int, Line]]
    width: int

    def values(self) -> list[tuple[int, Line]]:
        return [(index, cell) for index, cell in self.cells if index]

    @property
    def label(self) -> str:
        """The first cell, or the first of words where that is a mere number."""
        if self.cells[0][0]:
            return ""
        texts = [cell.text for _, cell in self.cells]
        words = (text for text in texts[:-1] if not is_value(text))
        return (next(words, texts[0]) if is_value(texts[0]) else texts[0]).rstrip(":")


def fields(chunks: Sequence[ChunkText], parts: Sequence[Block], language: str) -> list[Field]:
    """The fields of a document, in its order."""
    found: list[Field] = []
    for index, blocks in groupby(parts, key=lambda part: part.chunk):
        found += _of_chunk(chunks[index], list(blocks), _Maker(index, language))
        if len(found) >= _MOST:
            break
    return found[:_MOST]


def _of_chunk(chunk: ChunkText, blocks: Sequence[Block], make: "_Maker") -> list[Field]:
    found: list[Field] = []
    lines: list[Line] = []
    for number, block in enumerate(blocks):
        own = _lines(block)
        rows = [_row(line, by="|") for line in own] if block.is_table else _spaced(own)
        if rows:
            caption = blocks[number - 1].text[-_CAPTION_CHARS:] if number and not blocks[number - 1].is_table else ""
            found += make.table(rows, caption)
        else:
            lines += [line for line in own if line.text.strip() not in chunk.heading_path]
    found += [make.pair(pair) for pair in forms.pairs(lines)]
    around = [chunk.document_name.replace("_", " "), *chunk.heading_path]
    context = frozenset(analyse(" ".join(around), make.language))
    if len(chunk.content) <= _FORM_CHARS:
        titles = " ".join(line.text for line in lines[:_TITLE_LINES] if len(line.text) <= _TITLE_CHARS)
        context |= frozenset(analyse(titles, make.language))
        context = context.union(*(field.said for field in found if not field.head and not field.parts))
    return [msgspec.structs.replace(field, context=field.context | context) for field in found]


def _lines(block: Block) -> list[Line]:
    lines, place = [], block.start
    for text in block.text.split("\n"):
        if text.strip():
            lines.append(Line(text.rstrip(), place))
        place += len(text) + 1
    return lines


def _spaced(lines: Sequence[Line]) -> list[_Row]:
    """The rows of a paragraph whose columns are set with spaces; none for any other."""
    rows = [_row(line) for line in lines]
    return rows if rows and all(len(row.cells) > 1 for row in rows) else []


def _row(line: Line, by: str = "") -> _Row:
    if not by:
        cells = forms.cells(line)
        return _Row(list(enumerate(cells)), len(cells))
    held, place = [], line.start
    texts = line.text.split(by)
    for index, text in enumerate(texts):
        if text.strip():
            held.append((index, Line(text.strip(), place + len(text) - len(text.lstrip()))))
        place += len(text) + 1
    return _Row(held, len(texts))


class _Maker:
    """Makes the fields of one chunk."""

    def __init__(self, chunk: int, language: str) -> None:
        self._chunk = chunk
        self.language = language

    def _words(self, *texts: str) -> frozenset[str]:
        return frozenset(analyse(" ".join(texts), self.language))

    def pair(self, pair: forms.Pair) -> Field:
        none = frozenset[str]()
        signed = (
            load("fields")["signature"]["words"] if forms.signs_for(pair.label) and not _has_digit(pair.value) else ()
        )
        words = self._words(pair.label, *signed), none, none, (), self._words(pair.value), none
        return Field(self._chunk, pair.start, pair.start, pair.start, pair.end, pair.label, "", pair.value, *words)

    def table(self, rows: Sequence[_Row], caption: str) -> Iterator[Field]:
        rows = [row for row in rows if row.cells]
        if not rows or _is_over_periods(rows):
            return
        around, table = self._words(caption), rows[0].cells[0][1].start
        heads: dict[int, Line] = {}
        section = ""
        asking = _asking_column(rows)
        for number, row in enumerate(rows):
            if len(row.cells) == 1:
                section = row.cells[0][1].text.rstrip(":")
            elif _is_head(rows, number):
                heads, section = dict(row.cells), ""
            else:
                fit = heads if len(row.cells) > 2 or len(heads) <= 2 else {}
                of_row = self._of_asking(row, asking, fit, table, around) if asking is not None else None
                yield from of_row or self._of_row(row, fit, table, around | self._words(section))

    def _of_asking(
        self, row: _Row, asking: int, heads: dict[int, Line], table: int, around: frozenset[str]
    ) -> list[Field]:
        """The fields of a row that has a question: the cell behind it is the answer. Other cells say more of it."""
        cells = dict(row.cells)
        answer = min((index for index in cells if index > asking), default=None)
        if asking not in cells or answer is None:
            return []
        label = cells[asking].text
        asked, none = self._words(label), frozenset[str]()
        others = {index: cell for index, cell in cells.items() if index not in (asking, answer)}
        around |= self._words(*(cell.text for index, cell in others.items() if index < asking))
        found = []
        for index in (answer, *(index for index in others if index > asking)):
            cell, head = cells[index], heads.get(index)
            named, key = (asked, none) if index == answer else (none, asked)
            text, place = (head.text, (head.start, head.end)) if head and index != answer else ("", None)
            words = named, self._words(text), key, (), self._words(cell.text), around
            start = cells[asking].start
            found.append(
                Field(self._chunk, table, start, start, cell.end, label, text, cell.text, *words, head_at=place)
            )
        return found

    def _of_row(self, row: _Row, heads: dict[int, Line], table: int, around: frozenset[str]) -> Iterator[Field]:
        label = row.label
        values = [(index, cell) for index, cell in row.values() if cell.text != label]
        if not label or not values:
            return
        texts = {index: cell.text for index, cell in heads.items()}
        start, named = row.cells[0][1].start, self._words(label, row.cells[0][1].text, texts.get(0, ""))
        said = {index: self._words(cell.text) for index, cell in values}
        words = {index: frozenset() if is_value(cell.text) else said[index] for index, cell in values}
        for index, cell in values:
            head, place = texts.get(index, ""), heads.get(index)
            key = frozenset[str]().union(*(held for other, held in words.items() if other != index))
            keys = tuple(held for other, held in words.items() if other != index and held)
            words_of = named, self._words(head), key, keys, said[index], around
            at = (place.start, place.end) if place else None
            yield Field(self._chunk, table, start, start, cell.end, label, head, cell.text, *words_of, head_at=at)
        end = values[-1][1].end
        if 1 < len(values) <= _MAX_CELLS and end - start <= _MAX_ROW_CHARS:
            parts = tuple((texts.get(index, ""), cell.text) for index, cell in values)
            headed, key = self._words(*(head for head, _ in parts)), frozenset[str]().union(*words.values())
            keys = tuple(held for held in words.values() if held)
            yield Field(
                self._chunk, table, start, start, end, label, "", "", named, headed, key, keys, key, around, parts=parts
            )


def _asking_column(rows: Sequence[_Row]) -> int | None:
    """The column whose cells are questions, as in the answers to a questionnaire; None in other tables."""
    asking = Counter(index for row in rows for index, cell in row.cells if cell.text.endswith(ASKS))
    column, count = next(iter(asking.most_common(1)), (0, 0))
    return column if count >= _LEAST_ASKING and count >= _ASKING_SHARE * (len(rows) - 1) else None


def _is_over_periods(rows: Sequence[_Row]) -> bool:
    """Whether a row at the top names periods alone."""
    return any(
        len(row.values()) > 1 and all(is_temporal(cell.text) for _, cell in row.values())
        for row in rows[:_TEMPORAL_ROWS]
    )


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _begins_with_figure(text: str) -> bool:
    """ "8 kW" and "EUR 20" do, "Model 8" does not."""
    return _FIGURE.match(text) is not None


def _is_head(rows: Sequence[_Row], number: int) -> bool:
    """Whether the row names the columns of those below it."""
    row = rows[number]
    below = [other for other in rows[number + 1 :] if len(other.cells) > 1]
    before = rows[number - 1] if number else None
    if not below:
        return False
    if before is not None and len(before.cells) > 1 and before.width == row.width:
        return _begins_anew(before, row, below[0])
    if row.cells[0][0]:  # nothing over the labels
        return True
    if any(is_value(cell.text) for _, cell in row.values()):
        return False
    if len(row.cells) > 2:
        figures = [_begins_with_figure(cell.text) for _, cell in row.values()]
        return not any(figures) or figures != [_begins_with_figure(cell.text) for _, cell in below[0].values()]
    return _names_figures(row, [other.values()[-1][1].text for other in below if other.values()])


def _begins_anew(before: _Row, row: _Row, after: _Row) -> bool:
    """Whether a row within a table names columns: words alone between rows of figures."""
    return (
        len(row.cells) > 2
        and not any(_has_digit(cell.text) for _, cell in row.cells)
        and all(any(_has_digit(cell.text) for _, cell in other.values()) for other in (before, after))
    )


def _names_figures(row: _Row, values: Sequence[str]) -> bool:
    """Whether a row of two cells names those below it: figures of one kind. A form has values of all kinds, and may
    begin with a name."""
    text = row.values()[-1][1].text
    if _has_digit(text) or is_known(row.cells[0][1].text) or _NAME.fullmatch(text):
        return False
    kinds = Counter(_kind_of_figure(value) for value in values if _has_digit(value))
    return bool(kinds) and max(kinds.values()) >= _ONE_KIND * len(values)


def _kind_of_figure(value: str) -> str:
    if periods.find(value):
        return "period"
    return "number" if is_value(value) and not re.search(r"[^\W\d_]|[$€£¥%]", value) else "with a unit"
