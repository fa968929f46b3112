"""Plain tables whose heads name a measure and a year: "Revenue 2025 | Revenue 2024 | Profit 2025"."""

from collections.abc import Iterable, Sequence

import msgspec

from citewell.agent.reading.fields import Field
from citewell.agent.reading.question import Asked
from citewell.agent.reading.years import years

CHANGES = frozenset({"change", "gap"})  # kinds of questions that set a year against the one before


def of_years(asked: Asked, fields: Sequence[Field]) -> list[Field | None]:
    """Returns each field whose year the question asks for; None for a cell of another year.

    If the question asks for a change, it asks for the later year, or for the newest in the table.
    """
    wanted = _years(asked)
    newest: dict[tuple[int, int], int] = {}
    if not wanted and asked.kinds & CHANGES:
        for field in fields:
            newest[_table(field)] = max([newest.get(_table(field), 0), *years(field.head)])
    return [_of_years(field, wanted or frozenset([newest.get(_table(field), 0)]) - {0}) for field in fields]


def earlier(asked: Asked, field: Field, fields: Iterable[Field]) -> Field | None:
    """Returns the cell of the same row and measure in an earlier year: that of the question, else the one before."""
    own, measure = max(years(field.head), default=0), _measure(field)
    before = {
        max(found): other
        for other in fields
        if (_table(other), other.row) == (_table(field), field.row)
        and _measure(other) == measure
        and (found := years(other.head))
        and max(found) < own
    }
    named = [year for period in asked.others if (year := period.end.year if period.end else period.year) in before]
    return before[(named or [max(before)])[0]] if before else None


def _years(asked: Asked) -> frozenset[int]:
    named = [period for period in (asked.period, *asked.others) if period is not None]
    of_all = [period.end.year if period.end else period.year for period in named]
    known = [year for year in of_all if year]
    return frozenset([max(known)] if known and asked.kinds & CHANGES else known)


def _of_years(field: Field, wanted: frozenset[int]) -> Field | None:
    if not wanted:
        return field
    if field.parts:
        kept = tuple(part for part in field.parts if _fits(part[0], wanted))
        return msgspec.structs.replace(field, parts=kept) if kept else None
    return field if _fits(field.head, wanted) else None


def _fits(head: str, wanted: frozenset[int]) -> bool:
    named = years(head)
    return not named or not named.isdisjoint(wanted)


def _measure(field: Field) -> frozenset[str]:
    return frozenset(word for word in field.headed if not word.isdigit())


def _table(field: Field) -> tuple[int, int]:
    return field.chunk, field.table
