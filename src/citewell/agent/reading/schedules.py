"""Reads what falls into a time after the end of a report, by year or quarter: payments, maturities, expected
revenue.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from citewell.agent.reading import periods
from citewell.agent.reading.cells import Found
from citewell.agent.reading.document import Opened
from citewell.agent.reading.periods import Period
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.rows import LIGHT, heads_of, is_light, terms
from citewell.agent.reading.tables import Row, Table, is_value

_CLAUSE = re.compile(r"(?:were|was|are|is)? ?(?:as follows)?\W*(?:\([^()]*\))?\W*$")
_YEAR = re.compile(r"\W*(?:fiscal\s*)?(?:years?\s*)?(?P<year>20\d\d)\b(?!\s*[-–/]\s*\d)", re.IGNORECASE)
_SCORE = 1.0
_LEAST = 2  # rows or columns with years that make a schedule
_CAPTION_CHARS = 200
_SAYS_OFTEN = 10  # times that a document names its own year


def is_ahead(period: Period | None, end: date | None) -> bool:
    """Whether a question asks for a time after the end of a report: a day, or a year as a whole."""
    if period is None or end is None or period.quarter or (period.end is None and period.months not in (None, 12)):
        return False
    if period.end is not None:
        return (period.end - end).days > 0 and not periods.same_end(period.end, end)
    return period.year is not None and period.year > end.year


def name(found: Found) -> str:
    """Names a row whose label is only a period: by the head of its column, else by what stands above it."""
    if _named(found.row.label) is None:
        return ""
    head = found.table.columns[found.column].text
    return head or found.row.section or _CLAUSE.sub("", found.table.heading.rpartition(" > ")[2])


def is_own_year(period: Period | None, document: Opened) -> bool:
    """Whether the document calls the year that it reports on so: a fiscal year may end in the next one."""
    if period is None or period.year is None:
        return False
    name = re.compile(rf"\bfiscal (?:year )?{period.year}\b", re.IGNORECASE)
    return sum(len(name.findall(chunk.content)) for chunk in document.chunks) >= _SAYS_OFTEN


def find(asked: Asked, document: Opened, things: Sequence[Group]) -> list[Found]:
    """The cells of the year or day that is asked for, in the first table that has all the things; none where no table
    has them."""
    things = [thing for thing in things if not is_light(thing)]
    if asked.period is None or not things:
        return []
    for table in document.tables:
        if found := [*_of_rows(table, asked.period, things), *_of_columns(table, asked.period, things)]:
            return sorted(found, key=lambda one: one.score, reverse=True)[:1]
    return []


def _of_rows(table: Table, period: Period, things: Sequence[Group]) -> Iterator[Found]:
    """The row that the period names, in a table that is about the things; of several columns that with most of them."""
    dated = [row for row in table.rows if _named(row.label) is not None]
    over = terms(f"{table.caption[-_CAPTION_CHARS:]} {table.heading}") | heads_of(table)
    if len(dated) < _LEAST or not _has_all(over, things):
        return
    for row in dated:
        if is_same(_named(row.label), period):
            for index in _values(row):
                own = terms(table.columns[index].text)
                yield Found(table, row, index, period, _SCORE + 0.1 * _count(own, things) - 0.001 * index)


def _of_columns(table: Table, period: Period, things: Sequence[Group]) -> Iterator[Found]:
    """The row that has all the things and no others, in the column of the period."""
    columns = [index for index, column in enumerate(table.columns) if is_same(column.period, period)]
    dated = sum(column.period.is_known for column in table.columns)
    for row in table.rows if len(columns) == 1 and dated >= _LEAST else ():
        if columns[0] in _values(row) and _has_all(terms(row.label), things):
            extra = len(terms(row.label) - LIGHT) - _count(terms(row.label), things)
            yield Found(table, row, columns[0], period, _SCORE - 0.05 * extra)


def _named(label: str) -> Period | None:
    """The period that is the whole of a label."""
    if found := _YEAR.match(label):
        return Period(year=int(found["year"]))
    mentions = periods.find(label)
    whole = len(mentions) == 1 and not label[: mentions[0].start].strip() and not label[mentions[0].end :].strip()
    return mentions[0].period if whole else None


def is_same(one: Period | None, period: Period) -> bool:
    """Whether a period is the one that is asked for: its last day, or the year as a whole."""
    if one is None:
        return False
    if period.end is not None:
        return one.end is not None and periods.same_end(one.end, period.end)
    if one.end is not None:
        return one.end.year == period.year and one.months in (None, 12)
    return one.year == period.year


def _values(row: Row) -> list[int]:
    return [index for index, cell in enumerate(row.cells) if cell is not None and is_value(cell.text)]


def _has_all(words: frozenset[str], things: Sequence[Group]) -> bool:
    """Whether the words have each concept and name, and half of the rest: "falls due" stands in no table."""
    rest = [thing for thing in things if not thing.concept and not thing.is_name]
    sure = [thing for thing in things if thing.concept or thing.is_name]
    return _count(words, sure) == len(sure) and 2 * _count(words, rest) >= len(rest)


def _count(words: frozenset[str], things: Sequence[Group]) -> int:
    return sum(any(held and held <= words for held in thing.alternatives) for thing in things)
