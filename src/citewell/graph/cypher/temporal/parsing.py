"""Temporal values from text, as ISO 8601 writes them."""

import re
from fractions import Fraction
from typing import NoReturn

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal import calendar
from citewell.graph.cypher.temporal.kinds import HOUR, MINUTE, DateTime, Duration, at_instant, zoned
from citewell.graph.cypher.temporal.zones import DAY, SECOND, instant_offset, offset_of

_YEAR = r"(?P<year>[+-]\d{1,9}(?=-|$)|\d{4})"
_DATES = [
    re.compile(_YEAR + rest)
    for rest in (
        r"",
        r"-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?",
        r"(?P<month>\d{2})(?P<day>\d{2})?",
        r"-W(?P<week>\d{1,2})(?:-(?P<weekday>\d))?",
        r"W(?P<week>\d{2})(?P<weekday>\d)?",
        r"-?(?P<ordinal>\d{3})",
        r"-Q(?P<quarter>\d)(?:-(?P<dayofquarter>\d{1,2}))?",
        r"Q(?P<quarter>\d)(?P<dayofquarter>\d{2})?",
    )
]
_TIME = re.compile(r"(\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?")
_ZONE = re.compile(r"(?P<offset>[zZ]|[+-]\d[\d:]*)?(?:\[(?P<name>[^\]]{1,50})\])?$")
_MAX = 2**63
_NUMBER = r"([+-]?\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    "([+-])?P"
    + "".join(f"(?:{_NUMBER}{one})?" for one in "YMWD")
    + "(T"
    + "".join(f"(?:{_NUMBER}{one})?" for one in "HMS")
    + ")?"
)
_DATED_DURATION = re.compile(r"([+-])?P(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2}(?:[.,]\d{1,9})?)")


def _wrong(kind: str, text: str, example: str) -> NoReturn:
    raise CypherError(f"{text[:50]!r} is not a {kind}: write it like {example}.")


def parse_date(text: str) -> int:
    """Days since 1970. Raises CypherError."""
    for form in _DATES:
        if (match := form.fullmatch(text)) is not None:
            return _day({name: int(value) for name, value in match.groupdict().items() if value is not None})
    _wrong("date", text, "2026-01-31")


def _day(parts: dict[str, int]) -> int:
    year = parts["year"]
    if "week" in parts:
        return calendar.day_of_week(year, parts["week"], parts.get("weekday", 1))
    if "ordinal" in parts:
        return calendar.day_of_year(year, parts["ordinal"])
    if "quarter" in parts:
        return calendar.day_of_quarter(year, parts["quarter"], parts.get("dayofquarter", 1))
    return calendar.day_number(year, parts.get("month", 1), parts.get("day", 1))


def parse_time(text: str) -> int:
    """Nanoseconds since midnight. Raises CypherError."""
    match = _TIME.fullmatch(text)
    if match is None:
        _wrong("time", text, "21:40:32.142")
    hour, minute, second = (int(one or 0) for one in match.groups()[:3])
    calendar.check("hour", hour, 0, 23)
    calendar.check("minute", minute, 0, 59)
    calendar.check("second", second, 0, 59)
    return hour * HOUR + minute * MINUTE + second * SECOND + int((match[4] or "").ljust(9, "0"))


def parse_zoned_time(text: str) -> tuple[int, int | None]:
    """Nanoseconds since midnight, and the offset in seconds if there is one. Raises CypherError."""
    rest, offset, name = _without_zone(text)
    if name is not None:
        _wrong("time", text, "21:40:32+01:00")
    return parse_time(rest), offset


def parse_local(text: str) -> tuple[int, int]:
    """Day and nanoseconds; midnight if there is no time. Raises CypherError."""
    day, _, time = text.partition("T")
    return parse_date(day), parse_time(time) if "T" in text else 0


def parse_zoned(text: str) -> DateTime:
    """Parses the text, in UTC if there is no zone. Raises CypherError."""
    day, mark, time = text.partition("T")
    rest, offset, name = _without_zone(time)
    number, nanos = parse_date(day), parse_time(rest) if mark else 0
    if name is None:
        return zoned(number, nanos, offset or 0)
    if offset is not None:
        instant = number * DAY + nanos - offset * SECOND
        if instant_offset(name, instant) == offset:
            return at_instant(instant, name)
    return zoned(number, nanos, name)


def _without_zone(text: str) -> tuple[str, int | None, str | None]:
    match = _ZONE.search(text)
    if match is None:
        return text, None, None
    offset = match["offset"]
    return text[: match.start()], None if offset is None else offset_of(offset), match["name"]


def parse_duration(text: str) -> Duration:
    """Raises CypherError."""
    if (dated := _DATED_DURATION.fullmatch(text)) is not None:
        sign = -1 if dated[1] == "-" else 1
        part = [sign * _exact(one) for one in dated.groups()[1:]]
        return duration_of(part[0] * 12 + part[1], part[2], part[3] * 3600 + part[4] * 60 + part[5])
    match = _DURATION.fullmatch(text)
    if match is None or text[-1] in "PT":
        _wrong("duration", text, "P1Y2M10DT2H30M")
    sign = -1 if match[1] == "-" else 1
    years, months, weeks, days, _, hours, minutes, seconds = match.groups()[1:]
    made = [sign * _exact(one or "0") for one in (years, months, weeks, days, hours, minutes, seconds)]
    return duration_of(made[0] * 12 + made[1], made[2] * 7 + made[3], made[4] * 3600 + made[5] * 60 + made[6])


def _exact(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))


def duration_of(months: Fraction, days: Fraction, seconds: Fraction) -> Duration:
    """Fractions of months become days of 365.2425 / 12 to the month, and fractions of days become seconds."""
    whole_months = int(months)
    days += (months - whole_months) * Fraction(2_629_746, 86_400)
    whole_days = int(days)
    seconds += (days - whole_days) * 86_400
    return checked(Duration(whole_months, whole_days, int(seconds * SECOND)))


def checked(made: Duration) -> Duration:
    """Raises CypherError where the months, the days or the seconds need more than 64 bits."""
    if max(abs(made.months), abs(made.days), abs(made.nanos) // SECOND) >= _MAX:
        raise CypherError("This duration is too long.")
    return made
