"""The values themselves: their fields, their text as in ISO 8601, and their order."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal import calendar
from citewell.graph.cypher.temporal.zones import DAY, SECOND, instant_offset, local_offset, offset_text

HOUR, MINUTE = 3600 * SECOND, 60 * SECOND
AVERAGE_MONTH = 2_629_746 * SECOND  # a twelfth of 365.2425 days


class Temporal(ABC):
    """A temporal value; equal and hashable by what it is. `str` is its ISO 8601 form."""

    kind: ClassVar[str]

    @abstractmethod
    def order(self) -> Any:
        """Returns its sort key among values of the same kind."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """Returns the values of `value.name`, by name."""

    def field(self, name: str) -> Any:
        found = self.fields()
        if name not in found:
            raise CypherError(f'A {self.kind} has no "{name[:50]}": it has {", ".join(found)}.')
        return found[name]


@dataclass(frozen=True)
class Date(Temporal):
    """`day` counts from 1970-01-01."""

    day: int
    kind = "date"

    def order(self) -> int:
        return self.day

    def fields(self) -> dict[str, Any]:
        return date_fields(self.day)

    def __str__(self) -> str:
        return date_text(self.day)


@dataclass(frozen=True)
class LocalTime(Temporal):
    """`nanos` counts from midnight."""

    nanos: int
    kind = "localtime"

    def order(self) -> int:
        return self.nanos

    def fields(self) -> dict[str, Any]:
        return time_fields(self.nanos)

    def __str__(self) -> str:
        return time_text(self.nanos)


@dataclass(frozen=True)
class Time(Temporal):
    """`nanos` counts from local midnight; `offset` is in seconds east of UTC."""

    nanos: int
    offset: int
    kind = "time"

    def order(self) -> tuple[int, int]:
        return self.nanos - self.offset * SECOND, self.nanos

    def fields(self) -> dict[str, Any]:
        return {**time_fields(self.nanos), **_zone_fields(self.offset, None)}

    def __str__(self) -> str:
        return time_text(self.nanos) + offset_text(self.offset)


@dataclass(frozen=True)
class LocalDateTime(Temporal):
    day: int
    nanos: int
    kind = "localdatetime"

    def order(self) -> tuple[int, int]:
        return self.day, self.nanos

    def fields(self) -> dict[str, Any]:
        return {**date_fields(self.day), **time_fields(self.nanos)}

    def __str__(self) -> str:
        return f"{date_text(self.day)}T{time_text(self.nanos)}"


@dataclass(frozen=True)
class DateTime(Temporal):
    """Local day and nanoseconds, the offset at that time, and the name of the zone if it has one."""

    day: int
    nanos: int
    offset: int
    zone: str | None = None
    kind = "datetime"

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01 in UTC."""
        return self.day * DAY + self.nanos - self.offset * SECOND

    def order(self) -> tuple[int, int, str]:
        return self.instant, self.offset, self.zone or ""

    def fields(self) -> dict[str, Any]:
        epoch = {"epochSeconds": self.instant // SECOND, "epochMillis": self.instant // 1_000_000}
        parts = {**date_fields(self.day), **time_fields(self.nanos)}
        return {**parts, **_zone_fields(self.offset, self.zone), **epoch}

    def __str__(self) -> str:
        named = f"[{self.zone}]" if self.zone else ""
        return f"{date_text(self.day)}T{time_text(self.nanos)}{offset_text(self.offset)}{named}"


@dataclass(frozen=True)
class Duration(Temporal):
    """Months, days and nanoseconds, which do not add up to each other: months and days differ in length."""

    months: int = 0
    days: int = 0
    nanos: int = 0
    kind = "duration"

    def order(self) -> int:
        """Returns its average length in nanoseconds."""
        return self.months * AVERAGE_MONTH + self.days * DAY + self.nanos

    def fields(self) -> dict[str, Any]:
        whole, rest = divmod(self.nanos, SECOND)
        return {
            "years": towards_zero(self.months, 12),
            "quarters": towards_zero(self.months, 3),
            "months": self.months,
            "weeks": towards_zero(self.days, 7),
            "days": self.days,
            "hours": towards_zero(whole, 3600),
            "minutes": towards_zero(whole, 60),
            "seconds": whole,
            "milliseconds": self.nanos // 1_000_000,
            "microseconds": self.nanos // 1_000,
            "nanoseconds": self.nanos,
            "quartersOfYear": towards_zero(_rest(self.months, 12), 3),
            "monthsOfQuarter": _rest(self.months, 3),
            "monthsOfYear": _rest(self.months, 12),
            "daysOfWeek": _rest(self.days, 7),
            "minutesOfHour": towards_zero(_rest(whole, 3600), 60),
            "secondsOfMinute": _rest(whole, 60),
            "millisecondsOfSecond": rest // 1_000_000,
            "microsecondsOfSecond": rest // 1_000,
            "nanosecondsOfSecond": rest,
        }

    def __str__(self) -> str:
        dated = [(towards_zero(self.months, 12), "Y"), (_rest(self.months, 12), "M"), (self.days, "D")]
        timed = [(towards_zero(self.nanos, HOUR), "H"), (towards_zero(_rest(self.nanos, HOUR), MINUTE), "M")]
        days, hours = ("".join(f"{value}{unit}" for value, unit in some if value) for some in (dated, timed))
        seconds = _rest(self.nanos, MINUTE)
        if seconds:
            whole, rest = divmod(abs(seconds), SECOND)
            fraction = f".{rest:09}".rstrip("0") if rest else ""
            hours += f"{'-' if seconds < 0 else ''}{whole}{fraction}S"
        return f"P{days}T{hours}" if hours else f"P{days}" if days else "PT0S"


def zoned(day: int, nanos: int, zone: int | str) -> DateTime:
    """Returns a local time in a zone, which is an offset or a name.

    A time that clocks leave out, when they are set forward, is moved on by as much; of one that they show twice, it is
    the first.
    """
    offset = zone if isinstance(zone, int) else local_offset(zone, day, nanos)
    return at_instant(day * DAY + nanos - offset * SECOND, zone)


def at_instant(instant: int, zone: int | str) -> DateTime:
    """Returns the time in a zone at so many nanoseconds since 1970 in UTC."""
    offset = zone if isinstance(zone, int) else instant_offset(zone, instant)
    day, nanos = divmod(instant + offset * SECOND, DAY)
    calendar.civil(day)  # refuses what is beyond the calendar
    return DateTime(day, nanos, offset, zone if isinstance(zone, str) else None)


def towards_zero(value: int, by: int) -> int:
    return value // by if value >= 0 else -(-value // by)


def _rest(value: int, by: int) -> int:
    return value - towards_zero(value, by) * by


def date_fields(number: int) -> dict[str, Any]:
    year, month, day = calendar.civil(number)
    week_year, week = calendar.iso_week(number)
    quarter = (month + 2) // 3
    return {
        "year": year,
        "quarter": quarter,
        "month": month,
        "week": week,
        "weekYear": week_year,
        "day": day,
        "ordinalDay": number - calendar.day_number(year, 1, 1) + 1,
        "weekDay": calendar.weekday(number),
        "dayOfWeek": calendar.weekday(number),
        "dayOfQuarter": number - calendar.day_number(year, 3 * quarter - 2, 1) + 1,
    }


def time_fields(nanos: int) -> dict[str, Any]:
    rest = nanos % SECOND
    return {
        "hour": nanos // HOUR,
        "minute": nanos // MINUTE % 60,
        "second": nanos // SECOND % 60,
        "millisecond": rest // 1_000_000,
        "microsecond": rest // 1_000,
        "nanosecond": rest,
    }


def _zone_fields(offset: int, zone: str | None) -> dict[str, Any]:
    text = offset_text(offset)
    return {
        "timezone": zone or text,
        "offset": text,
        "offsetMinutes": towards_zero(offset, 60),
        "offsetSeconds": offset,
    }


def date_text(number: int) -> str:
    year, month, day = calendar.civil(number)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04}-{month:02}-{day:02}"


def time_text(nanos: int) -> str:
    """Returns the time without seconds where they are 0; fractions in groups of three digits."""
    minutes, rest = divmod(nanos, MINUTE)
    made = f"{minutes // 60:02}:{minutes % 60:02}"
    if rest:
        seconds, fraction = divmod(rest, SECOND)
        digits = f"{fraction:09}"
        while digits.endswith("000"):
            digits = digits[:-3]
        made += f":{seconds:02}" + (f".{digits}" if digits else "")
    return made
