"""The years that a text names: 2023, 2023/24, 31.12.24; not 2000 kg."""

import re
from collections.abc import Iterator
from functools import cache

from citewell.agent.reading.vocabulary import any_of, load

_MONTHS = 12
_CENTURY = 100
_MAX_HEADS = 120  # characters of a line of heads
_LEAST_HEADS = 2


@cache
def _measured() -> re.Pattern[str]:
    # "2023 EUR 500" has a year, "l'" is no litre, and "V. Weber" no volt.
    behind = r"(?![\w'’]|\s?\d|(?<=[\s\d]\w)\.)"
    return re.compile(rf"\s?{any_of(load('time')['words']['measured'])}{behind}", re.IGNORECASE)


@cache
def _head() -> re.Pattern[str]:
    return re.compile(rf"\b(?:19|20)\d\d{_measured().pattern}", re.IGNORECASE)


@cache
def _named() -> re.Pattern[str]:
    day, year = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:19|20)\d\d"
    return re.compile(
        r"(?:[$€£¥₹]|\b(?:EUR|USD|CHF|GBP))\s?\d[\d,.]*"
        rf"|(?<![\d.,/-]){day}(?P<mark>[./-]){day}(?P=mark)(?P<dated>{year})(?!\d|[.,/-]\d)"
        rf"|(?<![\d.,/])(?:{day}/{day}/|\d\d\.\d\d\.)(?P<short>\d\d)(?!\d|[.,/-]\d)"
        rf"|(?<![\d.,])(?P<first>{year})[/–-](?P<last>\d\d)(?!\d|[.,/–-]\d)"
        rf"|(?<![\d.,])(?P<year>{year})(?!\d|[.,]\d)"
    )


def years(text: str) -> frozenset[int]:
    """The years from 1900 to 2099; of a span all of them. Years of two digits are of this century."""
    return frozenset(year for found in _named().finditer(text) for year in _years(found))


def _years(found: re.Match[str]) -> Iterator[int]:
    if written := found["dated"] or found["year"]:
        if not is_measure(found.string, found.start(), found.end()):
            yield int(written)
    elif short := found["short"]:
        yield 2000 + int(short)
    elif found["first"]:
        first = int(found["first"])
        more = (int(found["last"]) - first) % _CENTURY
        # 2023/05 is a month.
        is_span = more == 1 or (int(found["last"]) > _MONTHS and first % _CENTURY + more < _CENTURY)
        yield from range(first, first + (more if is_span else 0) + 1)


def is_measure(text: str, start: int, end: int) -> bool:
    """Whether the number from `start` to `end` is so many of a unit: 2000 kg. In a line of nothing but such cells,
    "2023 EUR | 2022 EUR", they are the heads of columns, and years."""
    if _measured().match(text, end) is None:
        return False
    first = text.rfind("\n", max(start - _MAX_HEADS, 0), start) + 1
    last = text.find("\n", end, end + _MAX_HEADS)
    line = text[first : last if last >= 0 else end + _MAX_HEADS]
    rest, count = _head().subn("", line)
    return len(line) > _MAX_HEADS or count < _LEAST_HEADS or bool(rest.strip(" |"))
