"""The functions that make temporal values."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from fractions import Fraction
from time import time_ns
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal import arithmetic, building, parsing
from citewell.graph.cypher.temporal.building import day_of, nanos_of, zone_from, zone_of
from citewell.graph.cypher.temporal.kinds import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Temporal,
    Time,
    at_instant,
    zoned,
)
from citewell.graph.cypher.temporal.truncation import truncated
from citewell.graph.cypher.temporal.zones import SECOND

Function = tuple[int, int, Callable[..., Any]]
_started: ContextVar[int | None] = ContextVar("_started", default=None)
_UNITS: dict[str, tuple[Fraction | int, ...]] = {
    "years": (12, 0, 0),
    "quarters": (3, 0, 0),
    "months": (1, 0, 0),
    "weeks": (0, 7, 0),
    "days": (0, 1, 0),
    "hours": (0, 0, 3600),
    "minutes": (0, 0, 60),
    "seconds": (0, 0, 1),
    "milliseconds": (0, 0, Fraction(1, 1000)),
    "microseconds": (0, 0, Fraction(1, 1_000_000)),
    "nanoseconds": (0, 0, Fraction(1, SECOND)),
}


def start_clock() -> None:
    """Sets the time that all functions of a query see: the time at which it begins."""
    _started.set(time_ns())


def now() -> int:
    """Nanoseconds since 1970-01-01 in UTC, when the query began."""
    return _started.get() or time_ns()


def _date(value: Any) -> Date:
    match value:
        case str():
            return Date(parsing.parse_date(value))
        case Mapping():
            return building.date_from(value)
    if (day := day_of(value)) is None:
        raise _wrong("date", "a date")
    return Date(day)


def _localtime(value: Any) -> LocalTime:
    match value:
        case str():
            return LocalTime(parsing.parse_time(value))
        case Mapping():
            return building.localtime_from(value)
    if (nanos := nanos_of(value)) is None:
        raise _wrong("localtime", "a time")
    return LocalTime(nanos)


def _time(value: Any) -> Time:
    match value:
        case str():
            nanos, offset = parsing.parse_zoned_time(value)
            return Time(nanos, offset or 0)
        case Mapping():
            return building.time_from(value)
    if (found := nanos_of(value)) is None:
        raise _wrong("time", "a time")
    return Time(found, value.offset if isinstance(value, (Time, DateTime)) else 0)


def _localdatetime(value: Any) -> LocalDateTime:
    match value:
        case str():
            return LocalDateTime(*parsing.parse_local(value))
        case Mapping():
            return building.localdatetime_from(value)
    if (day := day_of(value)) is None:
        raise _wrong("localdatetime", "a date")
    return LocalDateTime(day, nanos_of(value) or 0)


def _datetime(value: Any) -> DateTime:
    match value:
        case str():
            return parsing.parse_zoned(value)
        case Mapping():
            return building.datetime_from(value)
        case DateTime():
            return value
    if (day := day_of(value)) is None:
        raise _wrong("datetime", "a date")
    return zoned(day, nanos_of(value) or 0, zone_of(value) or 0)


def _wrong(name: str, wanted: str) -> CypherError:
    return CypherError(f"{name}() takes text, a map, or a value that has {wanted}.")


def _duration(value: Any) -> Duration:
    match value:
        case str():
            return parsing.parse_duration(value)
        case Duration():
            return value
        case Mapping():
            return _duration_from(value)
    raise CypherError("duration() takes text such as P1Y2M, or a map such as {days: 2, hours: 3}.")


def _duration_from(parts: Mapping[str, Any]) -> Duration:
    total = [Fraction(0)] * 3
    for name, value in parts.items():
        if name not in _UNITS:
            raise CypherError(f'duration() takes no "{name[:50]}": it takes {", ".join(_UNITS)}.')
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CypherError(f"{name} must be a number.")
        for place, unit in enumerate(_UNITS[name]):
            total[place] += Fraction(str(value)) * unit
    return parsing.duration_of(*total)


def _current(kind: str) -> Callable[..., Any]:
    def call(zone: Any = "Z") -> Any:
        at = at_instant(now(), zone_from(zone))
        return _MAKERS[kind](at)

    return call


def _made(kind: str) -> Callable[..., Any]:
    current = _current(kind)
    return lambda *given: _MAKERS[kind](given[0]) if given else current()


def _truncate(kind: str) -> Callable[..., Temporal]:
    def call(unit: Any, value: Any = None, parts: Any = None) -> Temporal:
        return truncated(kind, unit, at_instant(now(), 0) if value is None else value, parts or {})

    return call


def _from_epoch(seconds: int, nanos: int) -> DateTime:
    return at_instant(_whole(seconds) * SECOND + _whole(nanos), 0)


def _from_epoch_millis(millis: int) -> DateTime:
    return at_instant(_whole(millis) * 1_000_000, 0)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CypherError("Seconds and milliseconds since 1970 must be whole numbers.")
    return value


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "date": _date,
    "localtime": _localtime,
    "time": _time,
    "localdatetime": _localdatetime,
    "datetime": _datetime,
}
# Name: least and most arguments, function; as in `citewell.graph.cypher.functions`.
TEMPORAL_FUNCTIONS: dict[str, Function] = {
    **{kind: (0, 1, _made(kind)) for kind in _MAKERS},
    **{
        f"{kind}.{clock}": (0, 1, _current(kind))
        for kind in _MAKERS
        for clock in ("transaction", "statement", "realtime")
    },
    **{f"{kind}.truncate": (1, 3, _truncate(kind)) for kind in _MAKERS},
    "datetime.fromepoch": (2, 2, _from_epoch),
    "datetime.fromepochmillis": (1, 1, _from_epoch_millis),
    "duration": (1, 1, _duration),
    "duration.between": (2, 2, arithmetic.between),
    "duration.inmonths": (2, 2, arithmetic.in_months),
    "duration.indays": (2, 2, arithmetic.in_days),
    "duration.inseconds": (2, 2, arithmetic.in_seconds),
    "timestamp": (0, 0, lambda: now() // 1_000_000),
}
