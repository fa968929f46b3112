"""Reads ranges in labels ("8 to 12 m", "up to 5 kg", "over 60 years") and finds the one that holds a number."""

import re
from functools import cache, lru_cache

import msgspec

from citewell.agent.reading.vocabulary import any_of, load
from citewell.search.numbers import number_tokens

_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = r"\s?(?P<unit{}>[^\W\d_]+\d?|[%°²³]\w?)?"
_ENDLESS = 1e12


class Range(msgspec.Struct, frozen=True):
    """From `least` to `most`. `is_open` excludes both: "over 5" does not hold 5. `unit` is in lower case."""

    least: float
    most: float
    unit: str
    is_open: bool = False

    def holds(self, number: float) -> bool:
        inside = self.least <= number <= self.most
        return inside and not (self.is_open and number in (self.least, self.most))


@lru_cache(maxsize=20_000)
def find(label: str, language: str) -> Range | None:
    """Returns the range in a label; None if it has none."""
    for kind, pattern in _patterns():
        if (found := pattern.search(label)) is None:
            continue
        parts = found.groupdict()
        one, two = _value(parts["one"], language), _value(parts.get("two") or "", language)
        unit = parts.get("unit2") or parts.get("unit1") or ""
        if one is None or ("two" in parts and (two is None or two <= one)):
            return None
        least, most = (0.0, one) if kind in ("most", "under") else (one, two or _ENDLESS)
        return Range(least, most, unit.lower(), is_open=kind in ("under", "over"))
    return None


def holds(label: str, number: str, text: str, language: str) -> bool:
    """Returns whether a label names a range that holds a number of the question. Their units must not differ."""
    named = find(label, language)
    value = _value(number, language)
    if named is None or value is None or not named.holds(value):
        return False
    behind = re.search(rf"(?<![\d.,]){re.escape(number)}{_UNIT.format('')}", text)
    unit = (behind["unit"] or "").lower() if behind else ""
    return named.unit == unit or not (_is_symbol(named.unit) and _is_symbol(unit))


@cache
def _symbol() -> re.Pattern[str]:
    return re.compile(any_of(load("time")["words"]["measured"]), re.IGNORECASE)


def _is_symbol(unit: str) -> bool:
    """Returns whether a unit is a symbol such as "kg" or "m", not a word such as "years" or "ans"."""
    return _symbol().fullmatch(unit) is not None


def _value(text: str, language: str) -> float | None:
    readings = number_tokens(text, language)
    return float(readings[0].replace("d", ".")) if readings else None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    words = load("questions")["ranges"]
    one, unit = rf"(?<![\w.,/-])(?P<one>{_NUMBER})", _UNIT.format(1)
    two = rf"(?P<two>{_NUMBER})(?![\w.,/-]*\d){_UNIT.format(2)}"
    before = {kind: rf"(?<!\w){any_of(words[kind])}\s+{one}{unit}" for kind in ("most", "under", "over", "least")}
    behind = rf"{one}{unit}\s+{any_of(words['and_more'])}(?!\w)"
    patterns = {
        "between": rf"{one}{unit}\s{any_of(words['to'])}\s{two}",
        "span": rf"{one}\s?[-–]\s?{two}(?<=[^\W\d_])",  # "3-40" alone may be a number of something
        **before,
        "more": behind,
    }
    return tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in patterns.items())
