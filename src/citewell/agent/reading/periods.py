"""Days and stretches of time, as questions, names of files, covers and heads of columns name them."""

import calendar
import re
from collections.abc import Iterator
from datetime import date
from functools import cache

import msgspec

from citewell.agent.reading.vocabulary import any_of, load, whole_words


class Period(msgspec.Struct, frozen=True):
    """A day (`end` alone), or a stretch of `months` months to `end`, or what a name says: a year, a quarter in it.

    `quarter` and `year` are as named, so they may be fiscal. `whole` says that a year alone is meant.
    """

    end: date | None = None
    months: int | None = None
    year: int | None = None
    quarter: int | None = None
    month: int | None = None

    @property
    def is_known(self) -> bool:
        return self.end is not None or self.year is not None


class Mention(msgspec.Struct, frozen=True):
    """A period with its place in the text."""

    period: Period
    start: int
    end: int


class Relative(msgspec.Struct, frozen=True):
    """Years and quarters to go from the period that was named before, or the newest there is."""

    years: int = 0
    quarters: int = 0
    latest: bool = False


_YEAR = r"(?:19|20)\d\d"
_LONGEST_NUMBERED = 60  # characters of a word such as "invoice no." in front of a number


@cache
def _month_numbers() -> dict[str, int]:
    return {name: index for names in load("time")["months"].values() for index, name in enumerate(names, start=1)}


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """(kind, pattern), the most telling first."""
    words = load("time")["words"]
    month = any_of(list(_month_numbers()))
    ordinal, count = any_of(list(load("time")["ordinals"])), any_of([*load("time")["counts"], r"\d{1,2}"])
    day = (
        rf"(?:(?P<m1>{month})\.?\s*(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y1>{_YEAR})"
        rf"|(?P<d2>\d{{1,2}})(?:\.|st|nd|rd|th)?\s+(?:de\s+|of\s+)?(?P<m2>{month})\.?,?\s+(?:de\s+|del\s+)?(?P<y2>{_YEAR})"
        rf"|(?P<y3>{_YEAR})-(?P<m3>\d\d)-(?P<d3>\d\d)"
        rf"|(?P<d4>\d{{1,2}})\.(?P<m4>\d{{1,2}})\.(?P<y4>{_YEAR})"
        rf"|(?P<y5>{_YEAR})年(?P<m5>\d{{1,2}})月(?P<d5>\d{{1,2}})日)"
    )
    quarter, half = any_of(words["quarter"]), any_of(words["half"])
    months, fiscal = any_of(words["month"]), any_of(words["fiscal"])
    linking = r"(?:\s+(?:of|in|de|del|du|des|van|im|für))?(?:\s+(?:the|l['’])?)?\s*"
    named_year = rf"(?:{fiscal}\s*(?:year\s*)?)?(?:(?P<year>{_YEAR})|['’]?(?P<short>\d\d)(?!\d))"
    only_year = rf"(?:{fiscal}\s*(?:year\s*)?)?(?P<year>{_YEAR})"
    ended = any_of(words["ended"])
    listed = [
        ("stretch", rf"\b(?P<count>{count})[\s-]+{months}\s+{ended}\s+{day}"),
        ("quarter_to", rf"\b{quarter}(?:ly period)?\s+{ended}\s+(?:on\s+)?{day}"),
        ("year_to", rf"\b{any_of(words['year'])}\s+{ended}\s+(?:on\s+)?{day}"),
        ("day", rf"(?<![\d.]){day}(?!\d)"),
        ("year_end", rf"\b{any_of(words['year_end'])}\s+(?P<year>{_YEAR})\b"),
        ("quarter", rf"\b(?:q(?P<q1>[1-4])|(?P<q2>[1-4])q)[\s_,/-]*{named_year}\b"),
        ("quarter", rf"\b(?:fy)?(?P<year>{_YEAR})[\s_,/-]*(?:q(?P<q1>[1-4])|(?P<q2>[1-4])q)\b"),
        ("quarter", rf"(?P<year>{_YEAR})年第?(?P<q1>[1-4一二三四])(?:季度|四半期)"),
        ("quarter", rf"\b(?P<ordinal>{ordinal})\s+(?:fiscal\s+)?{quarter}{linking}{only_year}\b"),
        ("quarter", rf"\b{fiscal}?\s*(?P<year>{_YEAR})['’]?s?\s+(?P<ordinal>{ordinal})\s+(?:fiscal\s+)?{quarter}\b"),
        ("half", rf"\b(?:(?P<ordinal>{ordinal})\s+{half}|h(?P<q1>[12])){linking}{only_year}\b"),
        ("first_months", rf"\b(?P<ordinal>{ordinal})\s+(?P<count>{count})[\s-]+{months}{linking}{only_year}\b"),
        ("months", rf"\b(?P<count>{count})[\s-]+{months}\s+{ended}(?:\s+(?P<m1>{month})\.?\s+(?P<d1>\d{{1,2}}),?)?"),
        ("month", rf"\b(?P<m1>{month})\.?,?\s+(?:de\s+|of\s+)?(?P<year>{_YEAR})\b"),
        ("quarter_alone", rf"\b(?:(?P<ordinal>{ordinal})\s+(?:fiscal\s+)?{quarter}|q(?P<q1>[1-4]))\b"),
        (
            "year",
            rf"\b{fiscal}\s*(?:year\s*)?(?:(?P<year>{_YEAR})|['’]?(?P<short>\d\d))\b|(?<![\d.,$€£/-])(?P<year2>{_YEAR})(?![\d,.]?\d)",
        ),
    ]
    return [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in listed]


@cache
def _since() -> re.Pattern[str]:
    """Ends where a time begins up to which nothing is asked about."""
    return re.compile(rf"\b{any_of(load('time')['words']['since'])}\s*$", re.IGNORECASE)


def is_beginning(text: str, mention: Mention) -> bool:
    """Whether a text asks what happened since then: "since September 24, 2022"."""
    return _since().search(text, max(mention.start - _LONGEST_NUMBERED, 0), mention.start) is not None


@cache
def _numbered() -> re.Pattern[str]:
    """Ends where the number of a thing begins."""
    return re.compile(rf"(?:\b{any_of(load('time')['words']['numbered'])}[.:]?\s*[#№]?|[#№])$", re.IGNORECASE)


def without(text: str) -> str:
    """The text without the periods and days that it names."""
    for mention in reversed(find(text)):
        text = text[: mention.start] + text[mention.end :]
    return text


def find(text: str) -> list[Mention]:
    """The periods that a text names, in its order; each stretch of text belongs to one of them."""
    text = text.replace("_", " ")
    taken, is_taken = list[Mention](), bytearray(len(text))  # by character: mentions may be very many
    if not any(character.isdigit() for character in text) and not re.search(r"(?i)month|quart|trim|kwart", text):
        return []
    for kind, pattern in _patterns():
        for found in pattern.finditer(text):
            if any(is_taken[found.start() : found.end()]):
                continue
            period = _period(kind, found.groupdict())
            if kind == "year" and _numbered().search(text, max(found.start() - _LONGEST_NUMBERED, 0), found.start()):
                continue  # "invoice 2041": one of a series
            if period is not None:
                taken.append(Mention(period, found.start(), found.end()))
                is_taken[found.start() : found.end()] = bytes([1]) * (found.end() - found.start())
    return sorted(taken, key=lambda mention: mention.start)


def _period(kind: str, parts: dict[str, str | None]) -> Period | None:
    end = _day(parts)
    quarter = _quarter(parts)
    year = _named_year(parts)
    match kind:
        case "stretch":
            return Period(end, _count(parts)) if end else None
        case "quarter_to" | "year_to":
            return Period(end, 3 if kind == "quarter_to" else 12) if end else None
        case "day":
            return Period(end) if end else None
        case "year_end":
            return Period(date(year, 12, 31)) if year else None
        case "quarter" | "quarter_alone":
            return Period(months=3, year=year, quarter=quarter) if quarter else None
        case "half":
            return Period(months=6, year=year, quarter=2 * quarter if quarter else None)
        case "first_months":
            months = _count(parts)
            ends = months // 3 if quarter == 1 and months and months % 3 == 0 else None  # the quarter they end with
            return Period(months=months, year=year, quarter=ends)
        case "months":
            name = parts.get("m1")
            return Period(months=_count(parts), month=_month_numbers()[name.lower()] if name else None)
        case "month":
            month = _month_numbers()[str(parts["m1"]).lower()]
            return Period(_last_day(year, month), 1, year, month=month) if year else None
        case _:
            return Period(year=year) if year else None


def _day(parts: dict[str, str | None]) -> date | None:
    for number in "12345":
        year, month, day = parts.get(f"y{number}"), parts.get(f"m{number}"), parts.get(f"d{number}")
        if year and month and day:
            try:
                return date(int(year), int(month) if month.isdigit() else _month_numbers()[month.lower()], int(day))
            except ValueError:
                return None
    return None


def _quarter(parts: dict[str, str | None]) -> int | None:
    written = parts.get("q1") or parts.get("q2")
    if written:
        return int(written) if written.isdigit() else "一二三四".index(written) + 1
    ordinal = parts.get("ordinal")
    return int(load("time")["ordinals"][ordinal.lower()]) if ordinal else None


def _named_year(parts: dict[str, str | None]) -> int | None:
    written = parts.get("year") or parts.get("year2")
    if written:
        return int(written)
    short = parts.get("short")
    return 2000 + int(short) if short else None


def _count(parts: dict[str, str | None]) -> int | None:
    written = str(parts.get("count") or "").lower()
    return int(written) if written.isdigit() else load("time")["counts"].get(written)


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


@cache
def _relatives() -> list[tuple[Relative, re.Pattern[str]]]:
    words = load("time")["words"]
    known = [
        (Relative(quarters=-1), "quarter_before"),
        (Relative(years=-1), "year_before"),
        (Relative(quarters=1), "quarter_after"),
        (Relative(years=1), "year_after"),
        (Relative(latest=True), "latest"),
    ]
    return [(relative, whole_words(words[name])) for relative, name in known]


def find_relative(text: str) -> Relative | None:
    """Returns the period that a text names by its relation to others: the newest, the year before."""
    return next((relative for relative, pattern in _relatives() if pattern.search(text)), None)


def relative_spans(text: str) -> Iterator[tuple[int, int]]:
    for _, pattern in _relatives():
        yield from (found.span() for found in pattern.finditer(text))


def order(period: Period) -> int:
    """Grows with time; 0 for a period without a year."""
    if period.end is not None:
        return period.end.toordinal()
    month = 3 * period.quarter if period.quarter else 12
    return date(period.year, month, 28).toordinal() if period.year else 0


def moved(period: Period, relative: Relative) -> Period:
    """The period so many years and quarters away."""
    years, quarter = relative.years, period.quarter
    if relative.quarters and quarter:
        index = quarter - 1 + relative.quarters
        years, quarter = years + index // 4, index % 4 + 1
    end = period.end
    if end is not None:
        index = end.year * 12 + end.month - 1 + 12 * relative.years + 3 * relative.quarters
        end = _last_day(index // 12, index % 12 + 1)
        years = 0 if period.year is None else years
    year = period.year + years if period.year is not None else None
    return msgspec.structs.replace(period, end=end, year=year, quarter=quarter)


def calendar_quarter(end: date) -> tuple[int, int]:
    """(year, quarter) that ends nearest to a day: fiscal quarters end some days before or after."""
    index = end.year * 12 + end.month - 1
    if end.day <= 10:
        index -= 1
    return index // 12, index % 12 // 3 + 1


def same_end(one: date, other: date) -> bool:
    """Fiscal periods of 13 weeks end on another day each year."""
    return abs((one - other).days) <= 6
