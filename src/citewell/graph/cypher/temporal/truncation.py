"""Cutting off what is finer than a unit."""

from collections.abc import Callable, Mapping
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal import calendar
from citewell.graph.cypher.temporal.building import (
    Zone,
    built_day,
    built_nanos,
    check_parts,
    day_of,
    nanos_of,
    stated_zone,
    zone_of,
)
from citewell.graph.cypher.temporal.kinds import HOUR, MINUTE, Date, LocalDateTime, LocalTime, Temporal, Time, zoned
from citewell.graph.cypher.temporal.zones import SECOND

_YEARS = {"millennium": 1000, "century": 100, "decade": 10, "year": 1}
_NANOS = {"hour": HOUR, "minute": MINUTE, "second": SECOND, "millisecond": 1_000_000, "microsecond": 1_000}
_DATE_UNITS = (*_YEARS, "weekYear", "quarter", "month", "week", "day")


def truncated(kind: str, unit: Any, value: Any, parts: Any) -> Temporal:
    """Returns a value of the kind from another with a date or a time, with `parts` put into what was cut off."""
    if not isinstance(unit, str) or not isinstance(value, Temporal) or not isinstance(parts, Mapping):
        raise CypherError(f"{kind}.truncate() takes a unit, a temporal value and a map.")
    check_parts(kind, parts)
    day, nanos = day_of(value), nanos_of(value)
    has_date, has_time = kind not in ("localtime", "time"), kind != "date"
    known = {one.lower(): one for one in (*_DATE_UNITS, *_NANOS)}
    name = known.get(unit.lower(), "")
    units = (*(_DATE_UNITS if has_date else ("day",)), *(_NANOS if has_time else ()))
    if name not in units or (has_date and day is None) or (nanos is None and (name in _NANOS or not has_date)):
        raise CypherError(
            f"A {value.kind} cannot be cut off to a {kind} by {unit[:50]!r}: units are {', '.join(units)}."
        )
    made_day = built_day(parts, _cut_day(day, name)) if has_date and day is not None else 0
    made_nanos = built_nanos(parts, _cut_nanos(nanos, name), finer=True)
    return _made(kind, made_day, made_nanos, stated_zone(parts), zone_of(value))


def _cut_day(day: int, unit: str) -> int:
    year, month, _ = calendar.civil(day)
    if unit in _YEARS:
        return calendar.day_number(year // _YEARS[unit] * _YEARS[unit], 1, 1)
    if unit == "weekYear":
        return calendar.day_of_week(calendar.iso_week(day)[0], 1, 1)
    if unit == "quarter":
        return calendar.day_number(year, (month - 1) // 3 * 3 + 1, 1)
    if unit == "month":
        return calendar.day_number(year, month, 1)
    return day - calendar.weekday(day) + 1 if unit == "week" else day


def _cut_nanos(nanos: int | None, unit: str) -> int:
    return nanos - nanos % _NANOS[unit] if nanos is not None and unit in _NANOS else 0


def _made(kind: str, day: int, nanos: int, stated: Zone | None, known: Zone | None) -> Temporal:
    zone = stated if stated is not None else known or 0
    makers: dict[str, Callable[[], Temporal]] = {
        "date": lambda: Date(day),
        "localtime": lambda: LocalTime(nanos),
        "time": lambda: Time(nanos, zone if isinstance(zone, int) else zoned(day, nanos, zone).offset),
        "localdatetime": lambda: LocalDateTime(day, nanos),
        "datetime": lambda: zoned(day, nanos, zone),
    }
    return makers[kind]()
