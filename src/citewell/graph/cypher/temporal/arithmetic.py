"""Sums with durations, and the duration between two values."""

from fractions import Fraction
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal import calendar
from citewell.graph.cypher.temporal.building import Zone, day_of, nanos_of, zone_of
from citewell.graph.cypher.temporal.kinds import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Temporal,
    Time,
    at_instant,
    towards_zero,
    zoned,
)
from citewell.graph.cypher.temporal.parsing import checked, duration_of
from citewell.graph.cypher.temporal.zones import DAY, SECOND


def added(left: Temporal, right: Any, sign: int = 1) -> Temporal:
    """`left` plus a duration, or minus it with `sign` -1. Raises CypherError for anything else."""
    if not isinstance(right, Duration):
        if sign == 1 and isinstance(left, Duration) and isinstance(right, Temporal):
            return added(right, left)
        raise CypherError("Only a duration is added to, or taken from, a temporal value; see duration.between().")
    months, days, nanos = sign * right.months, sign * right.days, sign * right.nanos
    match left:
        case Duration():
            return checked(Duration(left.months + months, left.days + days, left.nanos + nanos))
        case Date(day):
            return Date(_moved(day, months, days + towards_zero(nanos, DAY)))
        case LocalTime(time):
            return LocalTime((time + nanos) % DAY)
        case Time(time, offset):
            return Time((time + nanos) % DAY, offset)
        case LocalDateTime(day, time):
            over, rest = divmod(time + nanos, DAY)
            return LocalDateTime(_moved(day, months, days + over), rest)
        case DateTime(day, time):
            zone = left.zone or left.offset
            start = left if not months and not days else zoned(_moved(day, months, days), time, zone)
            return at_instant(start.instant + nanos, zone)
    raise CypherError(f"A duration cannot be added to a {left.kind}.")


def _moved(day: int, months: int, days: int) -> int:
    moved = (calendar.plus_months(day, months) if months else day) + days
    calendar.civil(moved)  # refuses what is beyond the calendar
    return moved


def scaled(value: Duration, number: float, *, divide: bool = False) -> Duration:
    """Returns the duration times a number, or divided by it. Raises CypherError."""
    try:
        factor = Fraction(str(number))
        factor = 1 / factor if divide else factor
    except (ValueError, ZeroDivisionError):
        raise CypherError("A duration is multiplied with, and divided by, a number other than 0.") from None
    return duration_of(value.months * factor, value.days * factor, value.nanos * factor / SECOND)


class _Pair:
    """Two values made alike: what one lacks of day and zone it has from the other."""

    def __init__(self, first: Any, second: Any) -> None:
        for one in (first, second):
            if not isinstance(one, Temporal) or isinstance(one, Duration):
                raise CypherError("A duration is between two values such as dates or times.")
        self.has_days = day_of(first) is not None and day_of(second) is not None
        zone = zone_of(first) if zone_of(first) is not None else zone_of(second)
        self.zone: Zone = 0 if zone is None else zone
        self.start = self._placed(first, second)
        end = self._placed(second, first)
        self.end = at_instant(end.instant, self.zone)

    def _placed(self, value: Temporal, other: Temporal) -> DateTime:
        day = day_of(value) if day_of(value) is not None else day_of(other)
        own = zone_of(value) if zone_of(value) is not None else zone_of(other)
        return zoned(day or 0, nanos_of(value) or 0, self.zone if own is None else own)


def between(first: Any, second: Any) -> Duration:
    """Returns the difference in months, days and the rest."""
    pair = _Pair(first, second)
    if not pair.has_days:
        return Duration(nanos=pair.end.instant - pair.start.instant)
    months = _months(pair.start, pair.end)
    day = calendar.plus_months(pair.start.day, months)
    days = _days(day, pair.start.nanos, pair.end)
    start = zoned(day + days, pair.start.nanos, pair.zone) if months or days else pair.start
    return Duration(months, days, pair.end.instant - start.instant)


def in_months(first: Any, second: Any) -> Duration:
    pair = _Pair(first, second)
    return Duration(months=_months(pair.start, pair.end)) if pair.has_days else Duration()


def in_days(first: Any, second: Any) -> Duration:
    pair = _Pair(first, second)
    return Duration(days=_days(pair.start.day, pair.start.nanos, pair.end)) if pair.has_days else Duration()


def in_seconds(first: Any, second: Any) -> Duration:
    pair = _Pair(first, second)
    return Duration(nanos=pair.end.instant - pair.start.instant)


def _months(start: DateTime, end: DateTime) -> int:
    """Whole months by the clocks of one zone."""
    (year, month, day), (end_year, end_month, end_day) = calendar.civil(start.day), calendar.civil(end.day)
    months = (end_year - year) * 12 + end_month - month
    rest, end_rest = (day, start.nanos), (end_day, end.nanos)
    if months > 0 and end_rest < rest:
        return months - 1
    return months + 1 if months < 0 and end_rest > rest else months


def _days(day: int, nanos: int, end: DateTime) -> int:
    """Whole days by the clocks of one zone."""
    return towards_zero((end.day - day) * DAY + end.nanos - nanos, DAY)
