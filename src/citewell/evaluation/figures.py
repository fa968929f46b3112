"""Figures in texts: whether an answer states the ones that are expected, in whatever unit it writes them."""

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,'’\u00a0\u202f]\d+)*")
_LINK = re.compile(r"\]\([^)\s]*\)")
_CITATION = re.compile(r"\[\d{1,3}\]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SEPARATORS = re.compile(r"[.,'’\u00a0\u202f]")


def missing(figures: Sequence[str], text: str) -> list[str]:
    """Returns the figures that do not stand in the text. 81,797 million stands there as 81.8 billion or 81797000000 as
    well, and 3.5 as 3,50. Figures without a digit are looked for as text.
    """
    plain = _plain(text)
    stated = [(number, value) for number in _NUMBER.findall(plain) for value in _readings(number)]
    lost = []
    for figure in figures:
        numbers = _NUMBER.findall(figure)
        if not numbers:
            if figure.casefold() not in plain.casefold():
                lost.append(figure)
        elif not all(any(_same(wanted, written, value) for written, value in stated) for wanted in numbers):
            lost.append(figure)
    return lost


def figures_of(answer: str, question: str) -> list[str]:
    """Returns the figures that an answer states by itself: not those of the question, and years only where it has no
    others.
    """
    asked = {value for number in _NUMBER.findall(question) for value in _readings(number)}
    found = [number for number in _NUMBER.findall(_plain(answer)) if not asked & set(_readings(number))]
    amounts = [number for number in found if not _YEAR.fullmatch(number)]
    return list(dict.fromkeys(amounts or found))


def _plain(text: str) -> str:
    """Removes the addresses of links and the numbers of citations."""
    return _CITATION.sub(" ", _LINK.sub("]", text))


def _readings(number: str) -> list[float]:
    """Returns the possible values of a number: 1,234 and 1.234 are read as grouped and as decimal."""
    parts, marks = _SEPARATORS.split(number), _SEPARATORS.findall(number)
    readings = []
    grouped = all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3
    if not marks or (grouped and len(set(marks)) == 1):
        readings.append(float("".join(parts)))
    if marks and marks[-1] in ".," and marks[-1] not in marks[:-1]:
        readings.append(float("".join(parts[:-1]) + "." + parts[-1]))
    return readings


def _same(wanted: str, written: str, value: float) -> bool:
    """Whether the number that is written, with this value, states the wanted one."""
    for figure in _readings(wanted):
        if figure == value:
            return True
        for exact, rounded, places in ((value, figure, _places(wanted)), (figure, value, _places(written))):
            # 122.584 billion as 122,584 million, and the other way round; 81.8 billion as 81,797 million.
            if places and any(round(exact / unit, places) == rounded for unit in (1e3, 1e6, 1e9)):
                return True
        if max(figure, value) >= 1000 and any(figure * unit == value or value * unit == figure for unit in (1e3, 1e6)):
            return True
    return False


def _places(number: str) -> int:
    """Returns the digits behind a decimal point or comma; none if the last mark groups thousands."""
    marks = _SEPARATORS.findall(number)
    last = _SEPARATORS.split(number)[-1]
    is_decimal = bool(marks) and marks[-1] in ".," and not (len(last) == 3 and marks[-1] == ",")
    return len(last) if is_decimal else 0
