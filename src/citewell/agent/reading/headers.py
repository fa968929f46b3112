"""Heads of columns: which words, and which period, stand over each column of a table.

Heads are stacked, and not always evenly. A date or a year belongs to one column, or to a group of columns; what stands
over several ("Three Months Ended") spans groups of equal size; a year behind a full date has that date's day. Where a
row of heads does not tell which columns it spans, it counts for the columns that it certainly stands over, and the
others are doubtful.
"""

import re
from collections.abc import Sequence

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading.head_places import HeadRow, Piece, head_row, placed
from citewell.agent.reading.head_words import YEAR, day_and_month, ends_with_day, is_temporal, length
from citewell.agent.reading.periods import Mention, Period


class Column(msgspec.Struct, frozen=True):
    """`head` is the cell or line that names the column's period; None where there is none. `is_doubtful`: a head names
    periods, and does not tell which one this column has."""

    text: str
    period: Period = Period()
    head: Piece | None = None
    is_doubtful: bool = False


def columns(
    rows: Sequence[Sequence[Piece]], count: int, above: Sequence[Piece] = (), valued: Sequence[int] = ()
) -> list[Column]:
    """The heads of `count` columns of values. `above` are lines over the table that may be heads as well: not those
    that say what the table's own heads say. `valued` are the columns (from 0) that have values and no words."""
    own = _columns(rows, count, valued)
    needed = _needed(above, rows, own) if above else []
    return _columns([*needed, *rows], count, valued) if needed else own


def _needed(above: Sequence[Piece], rows: Sequence[Sequence[Piece]], own: Sequence[Column]) -> list[list[Piece]]:
    """The lines that say more than the heads, as rows: the day or the length of what these leave open."""
    has_day = any(column.period.end for column in own)
    has_length = any(length().match(piece.text) or _months(piece.text) for row in rows for piece in row)
    found = []
    for line in above:
        mentions = periods.find(line.text)
        if not (has_day and any(one.period.end for one in mentions)) and not (has_length and _months(line.text)):
            ended = [one for one in mentions if one.period.end]
            cut = [msgspec.structs.replace(line, text=line.text[one.start : one.end]) for one in ended]
            found.append(cut if len(cut) > 1 else [line])
    return found


def _months(text: str) -> bool:
    return any(mention.period.months for mention in periods.find(text))


def _columns(rows: Sequence[Sequence[Piece]], count: int, valued: Sequence[int]) -> list[Column]:
    heading = placed([row for pieces in rows if (row := head_row(pieces, count)) is not None], count, valued)
    texts: list[list[str]] = [[] for _ in range(count)]
    heads: list[Piece | None] = [None] * count
    for row in heading:
        open_days = [bool(text) and ends_with_day(text[-1]) for text in texts]
        for item, held in zip(_with_days(row, open_days), row.over, strict=True):
            for column in held:
                texts[column].append(item.text)
                if re.search(r"\d", item.text):
                    heads[column] = item
    found = [_column(" ".join(text), head) for text, head in zip(texts, heads, strict=True)]
    return [
        column if valued and index not in valued else _doubted(column, index, heading)
        for index, column in enumerate(found)
    ]


def _with_days(row: HeadRow, open_days: Sequence[bool]) -> list[Piece]:
    """The heads; a year behind a full date gets that date's month and day, and its length, but not below a day of its
    own."""
    day, dated = "", []
    for item, over in zip(row.items, row.over, strict=True):
        if found := day_and_month().search(item.text):
            day = item.text[: found.end(1)] if is_temporal(item.text) else found[1]
        year = YEAR.fullmatch(item.text.strip())
        is_open = any(open_days[column] for column in over)
        dated.append(msgspec.structs.replace(item, text=f"{day}, {year[1]}") if day and year and not is_open else item)
    return dated


def _doubted(column: Column, index: int, rows: Sequence[HeadRow]) -> Column:
    """The column; a doubtful one where a row names periods for others, and has no head of its own over it."""
    for row in rows:
        if index in row.apart or any(index in over for over in row.over):
            continue
        mentions = [mention for item in row.items for mention in periods.find(item.text)]
        if _lacks(column.period, mentions):
            return msgspec.structs.replace(column, is_doubtful=True)
    return column


def _lacks(period: Period, mentions: Sequence[Mention]) -> bool:
    """Whether the mentions say what the period leaves open."""
    if not period.is_known and any(mention.period.is_known for mention in mentions):
        return True
    return period.months is None and any(mention.period.months for mention in mentions)


def _column(text: str, head: Piece | None) -> Column:
    found = [mention.period for mention in periods.find(text)]
    return Column(text, merged(found), head)


def merged(found: Sequence[Period]) -> Period:
    """Joins what several mentions say of one period: "Three Months Ended" and "2023"."""
    end = next((period.end for period in found if period.end), None)
    months = next((period.months for period in found if period.months), None)
    year = next((period.year for period in found if period.year), None)
    quarter = next((period.quarter for period in found if period.quarter), None)
    return Period(end, months, year if end is None else None, quarter)
