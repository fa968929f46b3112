"""Offsets from UTC, and named time zones."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from citewell.graph.cypher.errors import CypherError
from citewell.graph.cypher.temporal.calendar import civil

DAY = 86_400_000_000_000  # nanoseconds
SECOND = 1_000_000_000  # nanoseconds
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?")
_MAX_OFFSET = 18 * 3600


def offset_of(text: str) -> int | None:
    """Seconds east of UTC of `Z` or `+01:00`; None for other text, such as a name. Raises CypherError."""
    if text in ("Z", "z"):
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(one or 0) for one in match.groups()[1:])
    made = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or made > _MAX_OFFSET:
        raise CypherError(f"An offset is at most 18 hours: {text[:20]!r} is none.")
    return -made if match[1] == "-" else made


def offset_text(seconds: int) -> str:
    if seconds == 0:
        return "Z"
    hours, rest = divmod(abs(seconds), 3600)
    made = f"{'-' if seconds < 0 else '+'}{hours:02}:{rest // 60:02}"
    return made + (f":{rest % 60:02}" if rest % 60 else "")


@lru_cache(maxsize=100)
def zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CypherError(
            f"There is no time zone {name[:50]!r}: write +01:00, or a name such as Europe/Oslo."
        ) from None


def local_offset(name: str, day: int, nanos: int) -> int:
    """Returns the offset of a local time in a zone, in seconds.

    Of a time that clocks show twice, it is that of the first.
    """
    return _seconds(_python(day, nanos).replace(tzinfo=zone_named(name)))


def instant_offset(name: str, instant: int) -> int:
    """Returns the offset in a zone, in seconds, at so many nanoseconds since 1970 in UTC."""
    zone = zone_named(name)
    return _seconds(zone.fromutc(_python(*divmod(instant, DAY)).replace(tzinfo=zone)))


def _seconds(at: datetime) -> int:
    offset = at.utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0


def _python(day: int, nanos: int) -> datetime:
    """Converts to Python's datetime.

    Its range of years is small: later years get the rules of a year of the same shape, earlier ones those of the first.
    """
    year, month, date = civil(day)
    if year > 9990:
        year = 9200 + year % 400
    return datetime(max(year, 4), month, date) + timedelta(microseconds=nanos // 1000)
