"""The grid of a Word table: merged cells, rows and cells in content controls, deleted rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.ooxml import W, is_on

_TRANSPARENT = {f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")}
_MAX_COLUMNS = 500


@dataclass(frozen=True)
class Cell:
    """A place in the grid. A cell over several columns is there once for each: only the first one `is_first`.

    `continues` says that it goes on from the cell above.
    """

    element: Element
    is_first: bool = True
    continues: bool = False
    blank: bool = False

    @property
    def shows(self) -> bool:
        """Whether the cell's text stands here: not in the further columns of a wide cell."""
        return self.is_first and not self.blank


@dataclass
class Grid:
    rows: list[list[Cell]]
    header_rows: int

    def filled(self, texts: list[list[str]]) -> list[list[str]]:
        """The texts, with that of a cell over several rows in each of them."""
        for number, row in enumerate(self.rows[1:], start=1):
            for column, cell in enumerate(row):
                if cell.continues and column < len(texts[number - 1]) and not texts[number][column]:
                    texts[number][column] = texts[number - 1][column]
        return texts


def grid(table: Element) -> Grid:
    rows: list[list[Cell]] = []
    headers = 0
    for row in _children(table, f"{W}tr"):
        properties = row.find(f"{W}trPr")
        if properties is not None and properties.find(f"{W}del") is not None:
            continue
        if properties is not None and is_on(properties.find(f"{W}tblHeader")) and headers == len(rows):
            headers += 1
        rows.append(_row(row, properties))
    return Grid([row for row in rows if row], headers)


def _row(row: Element, properties: Element | None) -> list[Cell]:
    before = properties.find(f"{W}gridBefore") if properties is not None else None
    cells = [Cell(row, is_first=False, blank=True)] * _number(before)
    for element in _children(row, f"{W}tc"):
        properties = element.find(f"{W}tcPr")
        if properties is not None and properties.find(f"{W}cellDel") is not None:
            continue
        merged = properties.find(f"{W}vMerge") if properties is not None else None
        continues = merged is not None and merged.get(f"{W}val", "continue") != "restart"
        across = properties.find(f"{W}hMerge") if properties is not None else None
        if across is not None and across.get(f"{W}val", "continue") != "restart":
            cells.append(Cell(element, is_first=False, blank=True))
            continue
        cells.append(Cell(element, continues=continues))
        span = properties.find(f"{W}gridSpan") if properties is not None else None
        wide = min(max(_number(span), 1), _MAX_COLUMNS - min(len(cells), _MAX_COLUMNS - 1))
        cells += [Cell(element, is_first=False)] * (wide - 1)
    return cells


def _children(parent: Element, tag: str) -> Iterator[Element]:
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in _TRANSPARENT:
            yield from _children(element, tag)


def _number(element: Element | None) -> int:
    value = element.get(f"{W}val") or "" if element is not None else ""
    return min(int(value), _MAX_COLUMNS) if value.isascii() and value.isdigit() and len(value) < 6 else 0
