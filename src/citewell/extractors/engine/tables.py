"""Objects in the rows of tables: the columns are mapped to fields by their heads."""

from collections.abc import Iterator, Sequence

import msgspec

from citewell.extractors.engine.evidence import Found
from citewell.extractors.engine.pages import Cell, Document, Line
from citewell.extractors.engine.values import typed
from citewell.extractors.engine.words import Named, likeness, words

_LEAST_COLUMNS = 2
_ENOUGH = 0.55
_SUMS = frozenset(
    {
        "total",
        "subtotal",
        "net",
        "gross",
        "tax",
        "amount",
        "sum",
        "balance",
        "carri",
        "forward",
        "plus",
        "due",
        "zzgl",
        "inkl",
    }
)


class Head(msgspec.Struct, frozen=True):
    """A row of heads: the index of the column of each field that has one."""

    line: Line
    columns: dict[str, int]
    cells: tuple[Cell, ...]
    score: float


def rows(document: Document, fields: Sequence[Named]) -> list[dict[str, Found]]:
    """Returns the objects that the rows of tables describe, by the name of the field; [] where no table fits.

    Tables with the same heads, such as those of following pages, go on with one another.
    """
    groups = _tables(document)
    heads = [(head, group) for group in groups if (head := _head(group, fields)) is not None]
    if not heads:
        return []
    best = max(head.score for head, _ in heads)
    found = []
    for head, group in heads:
        if head.score >= best - 0.05:
            found += list(_objects(document, head, group, fields))
    return found


def _tables(document: Document) -> list[list[Line]]:
    """Returns the tables: the rows of each block and chunk, joined if they continue a table (see `_continued`)."""
    groups: list[list[Line]] = []
    for line in document.lines:
        if not line.is_row:
            continue
        if groups and groups[-1][-1].block == line.block and groups[-1][-1].chunk == line.chunk:
            groups[-1].append(line)
        else:
            groups.append([line])
    return _continued(groups)


def _continued(groups: Sequence[list[Line]]) -> list[list[Line]]:
    """Joins parts that follow each other directly and have the same number of columns to one table."""
    joined: list[list[Line]] = []
    for group in groups:
        last = joined[-1] if joined else None
        if last and group[0].block - last[-1].block <= 2 and len(group[0].cells) == len(last[0].cells) > 2:
            last.extend(group)
        else:
            joined.append(list(group))
    return joined


def _head(group: Sequence[Line], fields: Sequence[Named]) -> Head | None:
    """Returns the best of the first rows, if it has heads for two fields at least and for half of them."""
    best: Head | None = None
    for line in group[:4]:
        rated = sorted(
            (
                (likeness(words(cell.text), field), index, field.spec.name)
                for index, cell in enumerate(line.cells)
                if cell.text and len(cell.text) <= 60
                for field in fields
            ),
            reverse=True,
        )
        columns: dict[str, int] = {}
        score = 0.0
        for rate, index, name in rated:
            if rate >= _ENOUGH and name not in columns and index not in columns.values():
                columns[name] = index
                score += rate
        if len(columns) >= max(_LEAST_COLUMNS, (len(fields) + 1) // 2):
            share = score / len(fields)
            if best is None or share > best.score:
                best = Head(line, columns, line.cells, share)
    return best


def _objects(
    document: Document, head: Head, group: Sequence[Line], fields: Sequence[Named]
) -> Iterator[dict[str, Found]]:
    heads = [cell.text for cell in head.cells]
    behind = False
    for line in group:
        if line is head.line or [cell.text for cell in line.cells] == heads:
            behind = True
            continue
        if not behind or _is_sum(line):
            continue
        found = dict(_values(document, head, line, fields))
        filled = sum(1 for name in head.columns if name in found)
        if filled >= max(_LEAST_COLUMNS, (len(head.columns) + 1) // 2):
            yield found


def _is_sum(line: Line) -> bool:
    first = next((cell for cell in line.cells if cell.text), None)
    known = {word for word in words(first.text) if word != "%" and not word.isdigit()} if first else set()
    return bool(known) and known <= _SUMS


def _values(document: Document, head: Head, line: Line, fields: Sequence[Named]) -> Iterator[tuple[str, Found]]:
    for field in fields:
        index = head.columns.get(field.spec.name)
        if index is None or index >= len(line.cells):
            continue
        cell = line.cells[index]
        made = next(typed(field, cell.text, document.style), None) if cell.text else None
        if made is None:
            continue
        over = head.cells[index]
        yield (
            field.spec.name,
            Found(
                made.value,
                (
                    document.source(cell.chunk, cell.start + made.start, cell.start + made.end),
                    document.source(over.chunk, over.start, over.end, "head"),
                ),
                head.score,
                made.unit,
                made.currency,
            ),
        )
