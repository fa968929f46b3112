"""Temporal values from a map of their parts, from other values, and with what is finer than a unit cut off."""

from collections.abc import Mapping
from typing import Any

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal import calendar
from citewell.graph.cypher.temporal.kinds import (
    HOUR,
    MINUTE,
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Temporal,
    Time,
    at_instant,
    date_fields,
    time_fields,
    zoned,
)
from citewell.graph.cypher.temporal.zones import DAY, SECOND, offset_of, zone_named

Zone = int | str
Parts = Mapping[str, Any]
_DATE_PARTS = ("year", "quarter", "month", "week", "day", "ordinalDay", "dayOfWeek", "dayOfQuarter")
_TIME_PARTS = ("hour", "minute", "second", "millisecond", "microsecond", "nanosecond")
_FINER = {"millisecond": 999, "microsecond": 999_999, "nanosecond": 999_999_999}


def check_parts(kind: str, parts: Parts) -> None:
    """Raises CypherError for a part that values of the kind do not have, or that is no whole number."""
    allowed: list[str] = []
    if kind in ("date", "localdatetime", "datetime"):
        allowed += ["date", *_DATE_PARTS]
    if kind != "date":
        allowed += ["time", *_TIME_PARTS]
    if kind in ("time", "datetime"):
        allowed.append("timezone")
    if kind in ("localdatetime", "datetime"):
        allowed.append("datetime")
    for name, value in parts.items():
        if name not in allowed:
            raise CypherError(f'{kind}() takes no "{name[:50]}": it takes {", ".join(allowed)}.')
        number = name in _DATE_PARTS or name in _TIME_PARTS
        if number and (isinstance(value, bool) or not isinstance(value, int)):
            raise CypherError(f"{name} must be a whole number.")


def day_of(value: Any) -> int | None:
    """Returns the local day of a value that has one."""
    return value.day if isinstance(value, (Date, LocalDateTime, DateTime)) else None


def nanos_of(value: Any) -> int | None:
    """Returns the local time of a value that has one."""
    return value.nanos if isinstance(value, (LocalTime, Time, LocalDateTime, DateTime)) else None


def zone_of(value: Any) -> Zone | None:
    if isinstance(value, DateTime):
        return value.zone or value.offset
    return value.offset if isinstance(value, Time) else None


def base(parts: Parts, name: str) -> Temporal | None:
    """Returns the value that the parts are to change: that of `name` or of `datetime`. Raises CypherError."""
    found = parts.get(name, parts.get("datetime"))
    if found is None:
        return None
    if (day_of if name == "date" else nanos_of)(found) is None:
        raise CypherError(f"{name} is a temporal value that has a {name}.")
    made: Temporal = found
    return made


def built_day(parts: Parts, number: int | None) -> int:
    """Returns the day with these parts, the others being those of `number`, or the first. Raises CypherError."""
    known = date_fields(number) if number is not None else {}

    def part(name: str, otherwise: int | None = 1) -> int:
        value = parts.get(name, known.get(name, otherwise))
        if value is None:
            raise CypherError(f"A date needs a {name}.")
        return int(value)

    if "week" in parts or "dayOfWeek" in parts:
        year = parts.get("year", known.get("weekYear"))
        week = part("week", None)
        return calendar.day_of_week(part("year", None) if year is None else int(year), week, part("dayOfWeek"))
    if "ordinalDay" in parts:
        return calendar.day_of_year(part("year", None), part("ordinalDay"))
    if "quarter" in parts or "dayOfQuarter" in parts:
        return calendar.day_of_quarter(part("year", None), part("quarter", None), part("dayOfQuarter"))
    if "day" in parts:
        part("month", None)
    return calendar.day_number(part("year", None), part("month"), part("day"))


def built_nanos(parts: Parts, nanos: int | None, *, finer: bool = False) -> int:
    """Returns the time with these parts, the others being those of `nanos`, or 0. Raises CypherError.

    With `finer`, a fraction of a second is added to the coarser fractions that are there already.
    """
    known = time_fields(nanos) if nanos is not None else {}
    values: dict[str, int] = {}
    for name, coarser, most in (("hour", None, 23), ("minute", "hour", 59), ("second", "minute", 59)):
        if nanos is None and name in parts and coarser is not None and coarser not in parts:
            raise CypherError(f"A time with a {name} needs a {coarser}.")
        values[name] = int(parts.get(name, known.get(name, 0)))
        calendar.check(name, values[name], 0, most)
    if nanos is None and any(name in parts for name in _FINER) and "second" not in parts:
        raise CypherError("A time with fractions of a second needs a second.")
    rest = _fraction(parts, known.get("nanosecond", 0), finer=finer)
    return values["hour"] * HOUR + values["minute"] * MINUTE + values["second"] * SECOND + rest


def _fraction(parts: Parts, known: int, *, finer: bool) -> int:
    given = [name for name in _FINER if name in parts]
    if not given:
        return known
    for name in given:
        first = not finer and name == given[0]
        calendar.check(name, int(parts[name]), 0, _FINER[name] if first else 999)
    milli, micro, nano = (int(parts.get(name, 0)) for name in _FINER)
    if finer:
        milli = parts.get("millisecond", known // 1_000_000)
        micro = parts.get("microsecond", known // 1_000 % 1_000)
        nano = parts.get("nanosecond", known % 1_000)
    return int(milli) * 1_000_000 + int(micro) * 1_000 + int(nano)


def stated_zone(parts: Parts) -> Zone | None:
    """Returns the time zone among the parts: an offset in seconds or a name. Raises CypherError."""
    return None if (stated := parts.get("timezone")) is None else zone_from(stated)


def zone_from(stated: Any) -> Zone:
    if not isinstance(stated, str):
        raise CypherError("A time zone is text: +01:00, or a name such as Europe/Oslo.")
    if (offset := offset_of(stated)) is not None:
        return offset
    zone_named(stated)
    return stated


def date_from(parts: Parts) -> Date:
    check_parts("date", parts)
    return Date(built_day(parts, day_of(base(parts, "date"))))


def localtime_from(parts: Parts) -> LocalTime:
    check_parts("localtime", parts)
    return LocalTime(_nanos(parts))


def time_from(parts: Parts) -> Time:
    check_parts("time", parts)
    zone, stated = zone_of(base(parts, "time")), stated_zone(parts)
    nanos = _nanos(parts)
    known = _offset(zone) if zone is not None else None
    if stated is None:
        return Time(nanos, known or 0)
    offset = _offset(stated)
    moved = nanos if known is None else (nanos + (offset - known) * SECOND) % DAY
    return Time(moved, offset)


def localdatetime_from(parts: Parts) -> LocalDateTime:
    check_parts("localdatetime", parts)
    return LocalDateTime(built_day(parts, day_of(base(parts, "date"))), _time_of_day(parts))


def datetime_from(parts: Parts) -> DateTime:
    check_parts("datetime", parts)
    day, nanos = built_day(parts, day_of(base(parts, "date"))), _time_of_day(parts)
    zone, stated = zone_of(base(parts, "time")), stated_zone(parts)
    if zone is None or stated is None:
        return zoned(day, nanos, stated if stated is not None else zone or 0)
    return at_instant(zoned(day, nanos, zone).instant, stated)


def _nanos(parts: Parts) -> int:
    known = nanos_of(base(parts, "time"))
    if known is None and "hour" not in parts:
        raise CypherError("A time needs an hour.")
    return built_nanos(parts, known)


def _time_of_day(parts: Parts) -> int:
    """Like `_nanos`; midnight where there is no part of a time."""
    has_time = any(name in parts for name in ("time", "datetime", *_TIME_PARTS))
    return _nanos(parts) if has_time else 0


def _offset(zone: Zone) -> int:
    """That of a named zone at midnight of 1970, for a time that has no day."""
    return zone if isinstance(zone, int) else zoned(0, 0, zone).offset
