"""Dates in a document's name or on its first page, and questions for the latest of several documents."""

import re

_MONTH_NAMES = (
    "january januar janvier enero",
    "february februar février fevrier febrero",
    "march märz maerz mars marzo",
    "april avril abril",
    "may mai mayo",
    "june juni juin junio",
    "july juli juillet julio",
    "august août aout agosto",
    "september septembre septiembre",
    "october oktober octobre octubre",
    "november novembre noviembre",
    "december dezember décembre decembre diciembre",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<{}>(?:19|20)\d\d)"
_DATES = re.compile(
    rf"\b(?P<m1>{_NAME})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR.format('y1')}"
    rf"|\b(?P<d2>\d{{1,2}})\.?\s+(?:de\s+)?(?P<m2>{_NAME})\s+(?:de\s+)?{_YEAR.format('y2')}"
    rf"|\b{_YEAR.format('y3')}-(?P<m3>\d\d)-(?P<d3>\d\d)\b"
    rf"|\b{_YEAR.format('y4')}\W{{0,2}}q(?P<q4>[1-4])\b|\bq(?P<q5>[1-4])\W{{0,2}}(?:fy)?{_YEAR.format('y5')}"
    rf"|\b(?:fy)?{_YEAR.format('y6')}\b",
    re.IGNORECASE,
)
_LATEST = re.compile(
    r"\b(?:latest|most recent|newest|neuest\w*|letzt\w+ verfügbar\w*|aktuellst\w*|dernière?|más reciente|último)\b",
    re.IGNORECASE,
)


def asks_for_latest(query: str) -> bool:
    """Whether the question is about the newest of several documents."""
    return _LATEST.search(query) is not None


def date_of(text: str) -> int | None:
    """Returns the first date in a text, as year * 10,000 + month * 100 + day: a whole date, else the end of the first
    quarter that is named, else the first year.
    """
    found = [date for match in _DATES.finditer(text) if (date := _as_number(match)) is not None]
    return next((date for date in found if date % 10_000), found[0] if found else None)


def _as_number(match: re.Match[str]) -> int | None:
    part = match.groupdict()
    if part["y1"]:
        return _date(part["y1"], _MONTHS[part["m1"].casefold()], int(part["d1"]))
    if part["y2"]:
        return _date(part["y2"], _MONTHS[part["m2"].casefold()], int(part["d2"]))
    if part["y3"]:
        return _date(part["y3"], int(part["m3"]), int(part["d3"]))
    if part["q4"] or part["q5"]:
        return _date(part["y4"] or part["y5"], 3 * int(part["q4"] or part["q5"]), 30)
    return _date(part["y6"], 0, 0)


def _date(year: str, month: int, day: int) -> int | None:
    return int(year) * 10_000 + month * 100 + day if month <= 12 and day <= 31 else None
