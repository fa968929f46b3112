"""Compares the numbers of a claim with its passages, in all their forms: 81,797 and 81797, 2 and two, 1 million."""

import re
import tomllib
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from citewell.agent.arithmetic import CannotCalculate, calculate
from citewell.search.characters import ascii_digits
from citewell.search.numbers import number_tokens

NUMBER = re.compile(r"\d+(?:[.,'’]\d+)*")
_GROUPING = re.compile(r"(?<=\d),(?=\d{3})")
_SPACE = re.compile(r"(?<=\d)[\u00a0\u202f](?=\d{3}(?!\d))")  # between the digits of one number
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?")
_SWAPPED = str.maketrans(",.", ".,")  # 1.234,5 as 1,234.5, and the other way
# In "21,213 / 81,797 × 100 = 25.93", the part before "=" is matched backwards from the sign. Matching from the left
# would take quadratic time on a long row of numbers.
_OPERAND = r"\){0,3}[\d,.]{0,40}\d[-−]?\({0,3}"
_AVERAGE = re.compile(r"\)\s{0,9}[/÷]\s{0,9}(\d)(?![\d.,])")
_ROOT = re.compile(r"\^\s{0,9}\((1)\s{0,9}[/÷]\s{0,9}(\d)\)")
_DAYS = re.compile(r"(?<![\d.,])36[05](?![\d.,])")  # of a year
_BEFORE_EQUALS = re.compile(rf"\s{{0,9}}({_OPERAND}(?:\s{{0,9}}[-−+*/×÷^]\s{{0,9}}{_OPERAND}){{1,40}})")
_RESULT = re.compile(r"=\s{0,9}([-−]?\d{1,40}(?:,\d{3}){0,12}(?:\.\d{1,40})?)")
_MAX_FORMULA = 400  # characters before "="
_REFERENCE = re.compile(r"\[\d{1,3}\]")  # of another writer's list: [4]
_ITEM = re.compile(r"\s*\d{1,3}[.)]\s+")
_AFTER = re.compile(r"\s?([^\W\d_]+)")  # the word after a number
_MOST_DIGITS = 15  # of a number that is multiplied


def has_numbers(claim: str, passage: str, language: str, calculated: Collection[str] = ()) -> bool:
    """Whether all numbers of the claim stand in the passage.

    Not compared are the numbers in `calculated`, references such as [4], and the number of a list item.
    """
    present = _passage_numbers(passage)
    said = _SPACE.sub("", _REFERENCE.sub("", claim))
    item = _ITEM.match(said)
    for match in NUMBER.finditer(said, item.end() if item else 0):
        if match[0] not in calculated and not _scaled_readings(match, language) & present:
            return False
    return True


def calculated_numbers(text: str) -> set[str]:
    """Returns the results of correct calculations in a sentence, such as 30 in "60 / 2 = 30".

    Returned with them are numbers that stand in no passage: 100, the factor in percentages, the count of an average,
    the numbers of a root, and the days of a year. Decimals may follow a point or a comma.
    """
    text = _SPACE.sub("", text)
    swapped = _calculated_numbers(text.translate(_SWAPPED))
    return _calculated_numbers(text) | {number.translate(_SWAPPED) for number in swapped}


def _calculated_numbers(text: str) -> set[str]:
    """Does what `calculated_numbers` does, for numbers whose decimals follow a point."""
    found: set[str] = set()
    for equals in _RESULT.finditer(text):
        before = text[max(equals.start() - _MAX_FORMULA, 0) : equals.start()]
        formula = _BEFORE_EQUALS.match(before[::-1])
        if formula is None:
            continue
        result = _GROUPING.sub("", equals[1]).replace("−", "-")
        places = len(result.partition(".")[2])
        try:
            value = calculate(_GROUPING.sub("", formula[1][::-1]))
            is_right = isinstance(value, int | float) and abs(round(value, places) - float(result)) < 1e-9
        except (CannotCalculate, OverflowError):  # a whole number may be larger than any float
            continue
        if is_right:
            written = formula[1][::-1]
            found |= {equals[1].lstrip("-−"), "100", *_DAYS.findall(written), *_AVERAGE.findall(written)}
            found |= {number for root in _ROOT.findall(written) for number in root}
    return found


def _scaled_readings(number: re.Match[str], language: str) -> frozenset[str]:
    """Returns the readings of a number, alone and multiplied by the word after it: "1 million" gives 1 and 1000000."""
    readings = _readings(number[0], language)
    after = _AFTER.match(number.string, number.end())
    scale = _data()["scales"].get(after[1].lower()) if after else None
    return readings | {_times(reading, scale) for reading in readings} if scale else readings


def _times(reading: str, scale: int) -> str:
    """Returns the reading times a power of ten; unchanged if the result is not a whole number."""
    whole, _, fraction = reading.partition("d")
    if len(fraction) > scale or len(whole) + scale > _MOST_DIGITS:
        return reading
    return str(int(whole + fraction.ljust(scale, "0"))) if whole.isascii() and whole.isdigit() else reading


@lru_cache(maxsize=4096)
def _readings(number: str, language: str) -> frozenset[str]:
    """Returns all readings of a number without separators: 81,797 may be 81797 or 81.797, depending on the language."""
    number = ascii_digits(number)
    return frozenset(number_tokens(number, language) or [number])


@lru_cache(maxsize=64)
def _passage_numbers(passage: str) -> frozenset[str]:
    """Returns the numbers of a passage, those in words as well. Both a point and a comma may be the decimal mark."""
    found = {
        reading
        for match in NUMBER.finditer(passage)
        for code in ("en", "de")
        for reading in _scaled_readings(match, code)
    }
    spaced = (re.sub(r"\s", "", match[0]) for match in _SPACED.finditer(passage))
    found |= {reading for number in spaced for code in ("en", "de") for reading in _readings(number, code)}
    return frozenset(found | {_words()[word[0].lower()] for word in _any_word().finditer(passage)})


@cache
def _data() -> Mapping[str, Mapping[str, int]]:
    return tomllib.loads(files("citewell.agent").joinpath("data/numbers.toml").read_text(encoding="utf-8"))


@cache
def _words() -> Mapping[str, str]:
    return {word: str(value) for word, value in _data()["words"].items()}


@cache
def _any_word() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(_words())})\b", re.IGNORECASE)
