"""Makes blocks of groups of lines. The part of a table on the next page repeats the table's header."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from citewell.ingestion.blocks import Builder, Line
from citewell.ingestion.parsing.pdf_heads import (
    head_count,
    is_bold,
    joined_grid,
    ruled_head_count,
    same_columns,
    with_joined_heads,
    with_split_heads,
)
from citewell.ingestion.parsing.pdf_join import Joined, LineJoiner
from citewell.ingestion.parsing.pdf_lines import TextLine
from citewell.ingestion.parsing.pdf_page import Group, PageLines
from citewell.ingestion.parsing.pdf_ruling import RuledTable
from citewell.ingestion.parsing.pdf_second_heads import tables_in
from citewell.ingestion.parsing.pdf_tables import Span, columns_of, table_rows
from citewell.ingestion.parsing.pdf_tall_rows import tall_rows

_UNMAPPED = 0.1  # confidence of words whose font does not map its glyphs to characters


@dataclass
class _Table:
    """A table: its text with the positions of the lines, its cells, the positions of its columns, and its header."""

    joined: Joined
    cells: list[list[str]]
    columns: Sequence[Span]
    heads: Joined | None


@dataclass
class _Heads:
    """The header of the last table, which may continue on the page after `last`. The header is on page `first`."""

    table: _Table
    first: PageLines
    last: int


class BlockWriter:
    """Adds groups to a document, in their order."""

    def __init__(self, builder: Builder, joiner: LineJoiner) -> None:
        self._builder = builder
        self._joiner = joiner
        self._open: _Heads | None = None

    def add(self, group: Group, page: PageLines) -> None:
        if group.kind == "table":
            parts = [] if group.table is not None else tables_in(group.lines)
            for part in parts if len(parts) > 1 else ():
                self._add_table(Group("table", list(part)), page)
            if len(parts) < 2:
                self._add_table(group, page)
            return
        if group.kind in ("header", "footer") or group.figure is not None:
            text, lines = self._joiner.lines(group.lines)
        else:
            text, lines = self._joiner.paragraph(group.lines)
        if group.kind not in ("header", "footer"):
            self._open = None
        self._builder.add(
            group.kind,
            text,
            page=page.number,
            bbox=page.on_page(group.box),
            level=group.level,
            lines=[Line(start, end, page.on_page(box)) for start, end, box in lines],
            confidence=confidence_of(group.lines),
        )

    def _add_table(self, group: Group, page: PageLines) -> None:
        table = self._ruled(group.table) if group.table is not None else self._open_table(group.lines)
        text, places = table.joined
        cells = table.cells
        lines = [Line(start, end, page.on_page(box)) for start, end, box in places]
        if heads := self._continued(table, page):
            assert heads.table.heads is not None
            above, head_places = heads.table.heads
            shift = len(above) + 1
            text = f"{above}\n{text}"
            repeated = [Line(a, b, heads.first.on_page(box), heads.first.number) for a, b, box in head_places]
            lines = repeated + [Line(line.start + shift, line.end + shift, line.bbox) for line in lines]
            cells = [heads.table.cells[0], *cells]
            heads.last = page.number
        else:
            self._open = _Heads(table, page, page.number) if table.heads is not None else None
        self._builder.add(
            "table",
            text,
            page=page.number,
            bbox=page.on_page(group.box),
            rows=cells,
            lines=lines,
            confidence=confidence_of(group.lines),
        )

    def _continued(self, table: _Table, page: PageLines) -> _Heads | None:
        """Returns the header that a table continues: if it has no header, follows on the next page, and has the same
        columns.
        """
        heads = self._open
        if heads is None or table.heads is not None or page.number != heads.last + 1:
            return None
        return heads if same_columns(heads.table.columns, table.columns) else None

    def _open_table(self, lines: Sequence[TextLine]) -> _Table:
        columns = columns_of(lines)
        tall = tall_rows(lines, len(columns))
        return self._ruled(tall) if tall is not None else self._lined(with_split_heads(lines, columns), columns)

    def _lined(self, lines: Sequence[TextLine], columns: Sequence[Span]) -> _Table:
        rows = table_rows(lines)
        count = head_count([row.cells for row in rows], [is_bold(row) for row in rows])
        heads = self._joiner.rows(rows[:count]) if count else None
        return _Table(self._joiner.rows(rows), with_joined_heads(rows, columns), columns, heads)

    def _ruled(self, table: RuledTable) -> _Table:
        texts = self._joiner.texts(table)
        count = ruled_head_count(texts, table.covered)
        heads = self._joiner.cells(table.rows[:count], texts[:count]) if count else None
        rows = joined_grid(texts, table.covered)
        return _Table(self._joiner.cells(table.rows, texts), rows, list(pairwise(table.edges)), heads)


def confidence_of(lines: Sequence[TextLine]) -> float | None:
    """Returns the mean confidence of the recognised words; None if no word was recognised.

    Words whose font does not map its glyphs to characters have the confidence _UNMAPPED.
    """
    words = [word for line in lines for word in line.words]
    if sum(not word.mapped for word in words) > 0.5 * len(words):
        return _UNMAPPED
    found = [word.confidence for word in words if word.confidence is not None]
    return round(mean(found), 3) if found else None
