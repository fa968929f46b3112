"""Reads amounts in texts: a number with its unit, and pairs that a sentence compares ("4,350, against 4,120")."""

import re
from functools import cache

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading.vocabulary import any_of, load
from citewell.search.numbers import number_tokens

_VALUE = re.compile(r"\d{1,3}(?:[\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,'’]\d+)*")
_SPACES = re.compile(r"[\u00a0\u202f ]")
_MONEY = frozenset({"EUR", "€", "CHF", "USD", "GBP", "$", "£", "Euro", "euros"})  # whose amounts have no three decimals
_SIGN = r"[$€£¥₹]|(?:EUR|USD|GBP|CHF)\b"
_UNIT = re.compile(rf"\s?(%|{_SIGN}|(?:percent|per cent|prozent|pour cent|por ciento|million|billion|mio|mrd)\b)", re.I)
_SIGN_BEFORE = re.compile(rf"(?:{_SIGN})\s?$")
_GAP_CHARS = 40  # between an amount and the word that sets it against another


class Amount(msgspec.Struct, frozen=True):
    """`unit` is as written in the text, "" if there is none."""

    value: float
    unit: str


def read(text: str, language: str) -> Amount | None:
    """Returns the amount in a value; None unless it has exactly one number, which can be read in one way only."""
    found = list(_VALUE.finditer(text))
    if len(found) != 1:
        return None
    unit = f"{text[: found[0].start()].strip()} {text[found[0].end() :].strip()}".strip()
    value = _number(found[0][0], language, groups=not unit or unit in _MONEY)
    return Amount(value, unit) if value is not None else None


def set_against(text: str, language: str) -> tuple[Amount, Amount] | None:
    """Returns (later, earlier) for the first two amounts that a text compares: "4,350, against 4,120
    in March", "from 3 to 5 %", "642 (2024: 611)". None if there are none or their units differ."""
    undated = text
    for named in periods.find(text):
        undated = undated[: named.start] + "_" * (named.end - named.start) + undated[named.end :]
    for pattern, later, earlier in _against():
        if (found := pattern.search(undated)) is None:
            continue
        now, then = (_amount_at(text, *found.span(place), language) for place in (later, earlier))
        if now is None or then is None:
            continue
        units = {one.unit for one in (now, then) if one.unit}
        if len(units) < 2:
            unit = next(iter(units), "")
            return Amount(now.value, unit), Amount(then.value, unit)
    return None


@cache
def _against() -> tuple[tuple[re.Pattern[str], int, int], ...]:
    """(pattern, the group of the later amount, that of the earlier one)."""
    words = load("questions")["against"]
    number, between = rf"({_VALUE.pattern})", rf"[^\d.;:]{{0,{_GAP_CHARS}}}?"
    behind = rf"(?<![\d.,]){number}{between}\b{any_of(words['words'])}\b{between}{number}"
    return (
        (re.compile(behind, re.IGNORECASE), 1, 2),
        (re.compile(rf"(?<![\d.,]){number}{between}\(_+:\s?(?:{_SIGN})?\s?{number}", re.IGNORECASE), 1, 2),
        *(
            (re.compile(rf"\b{one}\b{between}{number}{between}\b{two}\b{between}{number}", re.IGNORECASE), 2, 1)
            for one, two in (pair.split("|") for pair in words["pairs"])
        ),
    )


def _amount_at(text: str, start: int, end: int, language: str) -> Amount | None:
    """Returns the amount whose number is at this match."""
    before, behind = _SIGN_BEFORE.search(text, 0, start), _UNIT.match(text, end)
    unit = (before[0].strip() if before else "") + (behind[1] if behind else "")
    value = _number(text[start:end], language, groups=not unit or unit in _MONEY)
    return Amount(value, unit) if value is not None else None


def _number(text: str, language: str, *, groups: bool) -> float | None:
    """The number; with `groups`, 1.200 is read as the language groups digits, else it is not clear."""
    readings = number_tokens(_SPACES.sub("", text), language)
    if not readings or (len(readings) > 1 and not groups):
        return None
    return float(readings[0].replace("d", "."))
