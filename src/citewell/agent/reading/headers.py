"""Heads of columns: which words, and which period, stand over each column of a table.

Heads are stacked. A date or a year belongs to one column; what stands over several ("Three Months Ended") spans groups
of equal size; a year behind a full date has that date's day.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading.periods import Period
from citewell.agent.reading.vocabulary import any_of, load

_YEAR = re.compile(r"(?:fy\s*)?((?:19|20)\d\d)", re.IGNORECASE)
_MONTH = any_of([name for names in load("time")["months"].values() for name in names])
_DAY_AND_MONTH = re.compile(rf"({_MONTH}\.?\s+\d{{1,2}}),?\s+(?:19|20)\d\d", re.IGNORECASE)


class Piece(msgspec.Struct, frozen=True):
    """A cell of a row with its place in its chunk; `index` counts the cells of the row from 0, empty ones too."""

    text: str
    index: int
    start: int
    end: int
    chunk: int = 0


class Column(msgspec.Struct, frozen=True):
    """`head` is the cell or line that names the column's period; None where there is none."""

    text: str
    period: Period = Period()
    head: Piece | None = None


def is_temporal(text: str) -> bool:
    """Whether the text names a day, a year or a stretch of time and little else."""
    mentions = periods.find(text)
    named = sum(mention.end - mention.start for mention in mentions)
    return bool(mentions) and named >= 0.5 * len(text.strip())


def columns(rows: Sequence[Sequence[Piece]], count: int, above: Sequence[Piece] = ()) -> list[Column]:
    """The heads of `count` columns of values. `above` are lines over the table that may be heads as well: not those
    that name a day where the columns have theirs."""
    if above and all(column.period.end for column in columns(rows, count)):
        above = [line for line in above if not any(mention.period.end for mention in periods.find(line.text))]
    texts: list[list[str]] = [[] for _ in range(count)]
    heads: list[Piece | None] = [None] * count
    groups = 1
    for row in [*([line] for line in above), *rows]:
        groups = _place(row, count, groups, texts, heads)
    return [_column(" ".join(text), head) for text, head in zip(texts, heads, strict=True)]


def _place(row: Sequence[Piece], count: int, groups: int, texts: list[list[str]], heads: list[Piece | None]) -> int:
    """Put the items of a row over their columns; the number of groups that it makes."""
    items = [item for piece in row for item in _split(piece) if item.text]
    if items and items[0].index == 0 and (len(items) > count or not is_temporal(items[0].text)):
        items = items[1:]
    items = _with_days(items)
    if not items or len(items) > count:
        return groups
    over = _columns_of(items, count, groups)
    for item, held in zip(items, over, strict=True):
        for column in held:
            texts[column].append(item.text)
            if re.search(r"\d", item.text):
                heads[column] = item
    return len(items) if 1 < len(items) < count and count % len(items) == 0 else groups


def _columns_of(items: Sequence[Piece], count: int, groups: int) -> list[list[int]]:
    number = len(items)
    if number == count:
        return [[index] for index in range(count)]
    stretches = all("month" in item.text.lower() or not re.search(r"\d", item.text) for item in items)
    last = items[-1].index
    if not (stretches and count % number == 0) and last <= count and last > number:
        return [[item.index - 1] for item in items]
    if count % number == 0:
        size = count // number
        return [list(range(index * size, (index + 1) * size)) for index in range(number)]
    if groups > 1 and number % groups == 0 and count % groups == 0:
        each, size = number // groups, count // groups
        return [[index // each * size + index % each] for index in range(number)]
    return [[min(max(item.index - 1, 0), count - 1)] for item in items]


def _split(piece: Piece) -> list[Piece]:
    """A cell that holds several days, as one item each."""
    mentions = [mention for mention in periods.find(piece.text) if mention.period.end]
    if len(mentions) < 2:
        return [piece]
    starts = [0, *(mention.start for mention in mentions[1:]), len(piece.text)]
    items = []
    for begin, end in pairwise(starts):
        text = piece.text[begin:end].strip()
        items.append(msgspec.structs.replace(piece, text=text))
    return items


def _with_days(items: Sequence[Piece]) -> list[Piece]:
    """A year behind a full date gets that date's month and day."""
    day, dated = "", []
    for item in items:
        if found := _DAY_AND_MONTH.search(item.text):
            day = found[1]
        year = _YEAR.fullmatch(item.text.strip())
        dated.append(msgspec.structs.replace(item, text=f"{day}, {year[1]}") if day and year else item)
    return dated


def _column(text: str, head: Piece | None) -> Column:
    found = [mention.period for mention in periods.find(text)]
    return Column(text, merged(found), head)


def merged(found: Sequence[Period]) -> Period:
    """What several mentions say together: "Three Months Ended" and "2023"."""
    end = next((period.end for period in found if period.end), None)
    months = next((period.months for period in found if period.months), None)
    year = next((period.year for period in found if period.year), None)
    quarter = next((period.quarter for period in found if period.quarter), None)
    return Period(end, months, year if end is None else None, quarter)
