"""Typed values in a text: numbers with unit and currency, dates, per cents, addresses, IBANs, values of enums."""

import math
import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Any

import msgspec
import re2

from citewell.agent.reading import periods
from citewell.extractors.classes import FieldSpec
from citewell.extractors.engine.words import Named, vocabulary
from citewell.search.language import detect_language

SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_URL = re.compile(r"\bhttps?://[^\s<>\"|)]{3,500}|\bwww\.[^\s<>\"|)]{3,500}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{2,4}){3,8}\b")
_PHONE = re.compile(r"(?<![\w/])\+?\(?\d[\d ()/.-]{6,22}\d(?!\w)")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)(?![\d/])")
_ORDINAL = re.compile(
    r"(?<=(?<!\d)\d)(?:st|nd|rd|th|er|re|º|°|ª)(?=\s)|(?<=(?<!\d)\d\d)(?:st|nd|rd|th|º|°|ª)(?=\s)", re.IGNORECASE
)
_DAY_START = re.compile(r"(?<!\w)(?=\w)")
_PATTERN_BYTES = 1 << 20  # of memory for a client's pattern
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?![\d.,])")
_SAMPLE = 5000  # characters that tell the language
_MAX_LETTERS = 12  # of a magnitude behind a number


class Style(msgspec.Struct, frozen=True):
    """How a document writes dates (days before months) and decimals (behind a comma)."""

    day_first: bool = False
    comma: bool = False


_PLAIN = Style()


class Typed(msgspec.Struct, frozen=True):
    """A value and its characters in the text. `scaled` says that the words name the magnitude themselves."""

    value: Any
    start: int
    end: int
    unit: str = ""
    currency: str = ""
    scaled: bool = False


def typed(field: Named, text: str, style: Style = _PLAIN) -> Iterator[Typed]:
    """Yields the values of the field's type that stand in the text, in its order."""
    spec = field.spec
    if spec.kind in ("int", "number"):
        yield from numbers(text, spec, style, percent=is_percent(field))
    elif spec.kind == "date":
        yield from dates(text, day_first=style.day_first)
    elif spec.kind == "bool":
        yield from _truths(text)
    elif spec.kind == "enum":
        yield from enum_values(text, spec.values)
    elif (pattern := pattern_of(field)) is not None:
        yield from _by_pattern(field, pattern, text)
    elif spec.kind == "text":
        value = text.strip().rstrip(";,|").rstrip()
        if value:
            start = text.index(value)
            yield Typed(value, start, start + len(value))


def pattern_of(field: Named) -> Any | None:
    """Returns the form that all values of a text field have, as a compiled pattern; None for free text."""
    if field.spec.kind != "text":
        return None
    if field.spec.pattern and (stated := _stated(field.spec.pattern)) is not None:
        return stated
    if "email" in field.name:
        return _EMAIL
    if "iban" in field.name:
        return _IBAN
    if field.name & {"url", "websit", "website", "homepag", "homepage"}:
        return _URL
    return _PHONE if "phone" in field.name or "fax" in field.name else None


@lru_cache(maxsize=500)
def _stated(pattern: str) -> Any | None:
    """Returns a client's pattern, which stands for the whole value; None where RE2, whose time is linear, cannot read
    it.
    """
    options = re2.Options()
    options.log_errors, options.max_mem = False, _PATTERN_BYTES
    inner = pattern.removeprefix("^").removeprefix(r"\A").removesuffix("$").removesuffix(r"\Z")
    try:
        return re2.compile(rf"(?:{inner})", options)
    except re2.error:
        return None


def _by_pattern(field: Named, pattern: Any, text: str) -> Iterator[Typed]:
    for match in pattern.finditer(text):
        value, end = match[0], match.end()
        if field.spec.pattern and (not value or _cuts_word(text, match.start(), end)):
            continue
        if pattern is _IBAN:
            while not is_iban(value) and " " in value:  # words behind it may look like a part of it
                value = value.rsplit(" ", 1)[0]
            if not is_iban(value):
                continue
            end = match.start() + len(value)
            value = re.sub(r"\s", "", value)
        yield Typed(value, match.start(), end)


def _cuts_word(text: str, start: int, end: int) -> bool:
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return before or (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())


def is_iban(text: str) -> bool:
    """ISO 13616: the number that the letters and digits make leaves 1 when divided by 97."""
    plain = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain):
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def is_percent(field: Named) -> bool:
    return bool((field.name | field.described) & {"percent", "percentag", "%", "pct", "prozent", "rate"}) and (
        field.spec.kind in ("int", "number")
    )


@cache
def _number() -> re.Pattern[str]:
    signs = [re.escape(sign) for names in vocabulary()["currencies"].values() for sign in names]
    sign = "|".join(sorted(signs, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w.,/])(?P<open>\()?\s?(?P<minus>[-−–])?\s?(?:(?P<before>{sign})\s?)?(?P<minus2>[-−–])?\(?"
        rf"(?P<digits>\d{{1,3}}(?:[ \u00a0\u202f'’]\d{{3}})+(?:[.,]\d+)?|\d[\d.,]*\d|\d)(?![\d])"
        rf"(?P<close>\))?(?:\s?(?P<after>%|percent\b|prozent\b|{sign}))?(?:\s?(?P<word>[A-Za-z]{{1,{_MAX_LETTERS}}}))?\.?",
        re.IGNORECASE,
    )


def numbers(text: str, spec: FieldSpec, style: Style = _PLAIN, *, percent: bool = False) -> Iterator[Typed]:
    """Yields the numbers, multiplied by the magnitude that follows them; whole ones for an int. Dates are left out."""
    taken = [(one.start, one.end) for one in dates(text)]
    for match in _number().finditer(text):
        start, end = match.start("digits"), match.end("digits")
        if any(start < other and begin < end for begin, other in taken):
            continue
        value = plain_number(match["digits"], comma=style.comma)
        is_share = bool(match["after"]) and match["after"].lower() in ("%", "percent", "prozent")
        if value is None or (is_share and not percent):
            continue
        if match["minus"] or match["minus2"] or ("(" in text[max(start - 3, 0) : start] and text[end : end + 1] == ")"):
            value = -value
            start = max(text.rfind(sign, match.start(), start + 1) for sign in "(-−–")
            end += text[end : end + 1] == ")" and text[start] == "("
        unit = _magnitude(match["word"])
        if unit:
            value, end = value * SCALES[unit], match.end("word")
        if is_share:
            end = match.end("after")
        currency = _currency(match["before"] or (match["after"] if not is_share else None))
        if spec.kind == "int":
            if abs(value - round(value)) > 1e-6:
                continue
            value = round(value)
        if spec.values and str(value) not in spec.values:
            continue
        yield Typed(clean(value), start, end, "percent" if is_share else unit, currency, scaled=bool(unit))


def clean(value: float) -> float | int:
    """Rounds away the noise of binary fractions; whole numbers become int."""
    value = round(value, 6)
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def plain_number(digits: str, *, comma: bool = False) -> float | None:
    """1,234.50 and 1.234,50 and 1 234 as people of different countries write them. `comma` says that the document
    writes decimals behind a comma, which decides what 1.234 is."""
    digits = re.sub(r"[ \u00a0\u202f'’]", "", digits)
    thousands, decimal = (".", ",") if comma else (",", ".")
    if "," in digits and "." in digits:
        last = max(digits.rfind(","), digits.rfind("."))
        digits = re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :]
    elif re.fullmatch(r"\d{1,3}(?:,\d{3}){2,}|\d{1,3}(?:\.\d{3}){2,}", digits) or re.fullmatch(
        rf"[1-9]\d{{0,2}}\{thousands}\d{{3}}", digits
    ):
        digits = re.sub(r"[.,]", "", digits)
    elif digits.count(decimal) + digits.count(thousands) == 1:
        digits = digits.replace(",", ".")
    elif not digits.isdigit():
        return None
    try:
        value = float(digits)
    except ValueError:
        return None
    return value if math.isfinite(value) else None  # more than 308 digits are no number that could be stored


def _magnitude(word: str | None) -> str:
    lowered = (word or "").lower()
    return next((name for name, known in vocabulary()["magnitudes"].items() if lowered in known), "")


def _currency(sign: str | None) -> str:
    lowered = (sign or "").lower()
    return next((name for name, known in vocabulary()["currencies"].items() if lowered in known), "")


def dates(text: str, *, day_first: bool = False) -> Iterator[Typed]:
    """Days, as ISO 8601. 3/4/2024 is the 4th of March unless the document writes days first."""
    found = []
    text = _ORDINAL.sub(lambda match: " " * len(match[0]), text)  # the 1st, 1er, 1º: places stay
    for mention in periods.find(text):
        if mention.period.end is None or (mention.period.month is not None and mention.period.months == 1):
            continue
        start = _day_start(text, mention)
        found.append(Typed(mention.period.end.isoformat(), start, mention.end))
    for match in _SLASHED.finditer(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        month, day = (second, first) if (day_first and second <= 12) or first > 12 else (first, second)
        try:
            value = date(year, month, day).isoformat()
        except ValueError:
            continue
        found.append(Typed(value, match.start(), match.end()))
    yield from sorted(found, key=lambda one: one.start)


def _day_start(text: str, mention: periods.Mention) -> int:
    """Returns where the day begins in a mention such as "quarterly period ended June 25, 2022"."""
    best = mention.start
    for match in _DAY_START.finditer(text, mention.start, mention.end):
        inner = periods.find(text[match.start() : mention.end])
        alone = len(inner) == 1 and inner[0].start == 0 and inner[0].period == periods.Period(mention.period.end)
        if alone:
            return match.start()
    return best


def style_of(text: str) -> Style:
    """Returns how the text writes dates with slashes, if one of them can be read in only one way, and decimals."""
    day_first = any(int(match[1]) > 12 for match in _SLASHED.finditer(text))
    commas = len(re.findall(r"\d,\d{1,2}(?![\d,])", text))
    points = len(re.findall(r"(?<![\d.])\d+\.\d{1,2}(?![\d.])|\d,\d{3}(?!\d)", text))
    if not commas and not points and len(_GROUPED.findall(text)) > 1:  # 412.650 is a large number in most languages
        return Style(day_first, comma=detect_language(text[:_SAMPLE]) not in ("en", "zh", "ja", "ko"))
    return Style(day_first, comma=commas > points)


def _truths(text: str) -> Iterator[Typed]:
    for match in re.finditer(r"[^\s,.;:|]+", text[:40]):
        word = match[0].lower()
        for value, name in ((True, "yes"), (False, "no")):
            if word in vocabulary()["truth"][name]:
                yield Typed(value, match.start(), match.end())
                return


def enum_values(text: str, values: tuple[str, ...]) -> Iterator[Typed]:
    """Values of an enum that stand in the text as whole words, the longest where one holds another."""
    taken: list[tuple[int, int]] = []
    found = []
    for value in sorted(values, key=len, reverse=True):
        written = r"[\s_-]*".join(re.escape(part) for part in re.split(r"[\s_-]+", value) if part)
        if not written:
            continue
        for match in re.finditer(rf"(?<!\w){written}(?!\w)", text, re.IGNORECASE):
            if all(match.end() <= start or end <= match.start() for start, end in taken):
                taken.append(match.span())
                found.append(Typed(value, match.start(), match.end()))
    yield from sorted(found, key=lambda one: one.start)


def wanted_unit(field: Named) -> float:
    """Returns the factor of the field's unit, where its name or description states one ("in millions"), else 1."""
    stated = f"{field.written} {field.spec.description}".lower()
    for name, scale in SCALES.items():
        if re.search(rf"\bin (?:\w+ )?{name}s?\b|\b{name}s?$|^{name}s?\b", stated.strip()):
            return scale
    return 1.0
