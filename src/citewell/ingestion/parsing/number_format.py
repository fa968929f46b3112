"""Numbers as a sheet shows them: "15.3%", "01234", "1,234.50", "3 March 2031", by format codes (ECMA-376, 18.8.31).

Formats that depend on the reader's country (like the built-in short date) are shown in ISO order.
"""

import functools
import math
import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from citewell.ingestion.parsing.date_names import day_name, language_of, month_name

# Formats that have a number only. 14 and 22 are those of the reader's country.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0_);($#,##0)", 6: "$#,##0_);[Red]($#,##0)",
    7: "$#,##0.00_);($#,##0.00)", 8: "$#,##0.00_);[Red]($#,##0.00)", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)", 41: "#,##0_);(#,##0)", 42: "$#,##0_);($#,##0)",
    43: "#,##0.00_);(#,##0.00)", 44: "$#,##0.00_);($#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@",
    27: "yyyy-mm-dd", 28: "yyyy-mm-dd", 29: "yyyy-mm-dd", 30: "m/d/yy", 31: "yyyy-mm-dd", 32: "h:mm", 33: "h:mm:ss",
    34: "yyyy-mm-dd", 35: "yyyy-mm-dd", 36: "yyyy-mm-dd", 50: "yyyy-mm-dd", 51: "yyyy-mm-dd", 52: "yyyy-mm-dd",
    53: "yyyy-mm-dd", 54: "yyyy-mm-dd", 55: "yyyy-mm-dd", 56: "yyyy-mm-dd", 57: "yyyy-mm-dd", 58: "yyyy-mm-dd",
}  # fmt: skip
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|(AM/PM|am/pm|A/P|a/p|上午/下午)|(General)|([yY]+|[mM]+|[dD]+|[hH]+|[sS]+|[gG]+|[eE]+|[bB]+)|'
    r"([0#?.,%/]+)|(.)",
    re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)$")
_ELAPSED = re.compile(r"(h+|m+|s+)$", re.IGNORECASE)
_ERAS = (
    (date(2019, 5, 1), "R", "令", "令和"),
    (date(1989, 1, 8), "H", "平", "平成"),
    (date(1926, 12, 25), "S", "昭", "昭和"),
    (date(1912, 7, 30), "T", "大", "大正"),
    (date(1868, 1, 1), "M", "明", "明治"),
)
_MOST_DIGITS = 30
_PLAIN = re.compile(r"(#,##0|0)(\.0+)?$")


class _Section:
    """One of the parts between semicolons: tokens as (kind, text)."""

    def __init__(self, code: str) -> None:
        self.condition: tuple[str, float] | None = None
        self.language = ""  # two letters, where the format says one
        self.tokens: list[tuple[str, str]] = []
        for quoted, escaped, blank, fill, bracket, noon, general, letters, digits, other in _TOKEN.findall(code):
            if bracket or (not any((quoted, escaped, blank, fill, noon, general, letters, digits, other))):
                self._bracket(bracket)
            elif quoted or escaped:
                self.tokens.append(("text", quoted or escaped))
            elif blank:
                self.tokens.append(("text", " "))
            elif noon:
                self.tokens.append(("noon", noon))
            elif general:
                self.tokens.append(("general", ""))
            elif letters:
                self.tokens.append(("letters", letters))
            elif digits:
                self.tokens.append(("digits", digits))
            elif other:
                self.tokens.append(("at", other) if other == "@" else ("text", other))
        self._exponent()
        self.is_date = any(
            kind == "elapsed" or kind == "noon" or (kind == "letters" and text[0].lower() in "ymdhs")
            for kind, text in self.tokens
        )

    def _bracket(self, inside: str) -> None:
        if found := _CONDITION.match(inside):
            self.condition = (found.group(1), float(found.group(2)))
        elif inside.startswith("$"):
            self.tokens.append(("text", inside[1:].rpartition("-")[0] if "-" in inside else inside[1:]))
            self.language = language_of(inside.rpartition("-")[2]) if "-" in inside else ""
        elif _ELAPSED.match(inside):
            self.tokens.append(("elapsed", inside.lower()))

    def _exponent(self) -> None:
        """`0.00E+00` is one number; "E" alone would be taken for letters of a date."""
        for index, (kind, text) in enumerate(self.tokens[:-2]):
            following = self.tokens[index + 1]
            if kind == "letters" and text in ("E", "e") and following[1] in ("+", "-") and index > 0:
                self.tokens[index] = ("exponent", following[1])
                self.tokens[index + 1] = ("skip", "")
                return


@functools.lru_cache(maxsize=2000)
def _sections(code: str) -> list[_Section]:
    parts: list[str] = [""]
    quoted = escaped = False
    for char in code[:1000]:
        if char == ";" and not quoted and not escaped:
            parts.append("")
            continue
        quoted ^= char == '"' and not escaped
        escaped = char == "\\" and not escaped
        parts[-1] += char
    return [_Section(part) for part in parts[:4]]


def is_date(code: str) -> bool:
    return code != "General" and _sections(code)[0].is_date


def shown_text(text: str, code: str) -> str:
    """Text in a cell of this format, which may add words around it."""
    if code in ("General", "@"):
        return text
    sections = _sections(code)
    section = (
        sections[3] if len(sections) == 4 else sections[0] if any(k == "at" for k, _ in sections[0].tokens) else None
    )
    if section is None:
        return text
    return "".join(text if kind == "at" else shown for kind, shown in section.tokens if kind in ("at", "text")).strip()


def shown_number(number: float, code: str, *, epoch_1904: bool = False) -> str:
    """The number as a sheet with this format shows it, without the blanks that align it."""
    if code == "General" or not math.isfinite(number):
        return general(number)
    if (plain := _plain(code)) is not None and (shown := _quick(number, *plain)) is not None:
        return shown
    try:
        section, value = _chosen(_sections(code), number)
        if section.is_date:
            return _date(section, value, epoch_1904=epoch_1904)
        return _number(section, value)
    except (ValueError, ArithmeticError, IndexError, OverflowError):
        return general(number)


@functools.lru_cache(maxsize=2000)
def _plain(code: str) -> tuple[str, int] | None:
    """Thousands' sign and decimals of the commonest formats, like "#,##0.00"."""
    found = _PLAIN.match(code)
    return ("," if found.group(1) == "#,##0" else "", len(found.group(2) or " ") - 1) if found else None


def _quick(number: float, thousands: str, places: int) -> str | None:
    """Formats common cases.

    Returns None where rounding could go wrong: a sheet rounds the decimal digits, not the binary number.
    """
    written = repr(number)
    fraction = written.partition(".")[2]
    if "e" in written or fraction[places : places + 1] == "5":
        return None
    shown = f"{number:{thousands}.{places}f}"
    return shown if number >= 0 or any(char in "123456789" for char in shown) else shown.removeprefix("-")


def general(number: float) -> str:
    """Up to 11 digits, as a cell without a format shows them."""
    if not math.isfinite(number):
        return str(number)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    shown = f"{number:.10g}" if abs(number) < 1e11 else f"{number:.6g}"
    if "e" not in shown:
        return shown
    mantissa, _, exponent = shown.partition("e")
    return f"{mantissa}E{exponent[0]}{exponent[1:].rjust(2, '0')}"


def _chosen(sections: list[_Section], number: float) -> tuple[_Section, float]:
    """The section for the number, and the number without a sign that the section stands for."""
    conditions = [section for section in sections if section.condition is not None]
    if conditions:
        for section in sections:
            if section.condition is None or _holds(number, *section.condition):
                return section, number
        return sections[-1], number
    if len(sections) == 1 or (number > 0 or (number == 0 and len(sections) < 3)):
        return sections[0], number
    if number < 0:
        return sections[1], -number
    return sections[2], number


def _holds(number: float, sign: str, bound: float) -> bool:
    return {
        "<": number < bound, ">": number > bound, "=": number == bound,
        "<=": number <= bound, ">=": number >= bound, "<>": number != bound,
    }[sign]  # fmt: skip


def _number(section: _Section, number: float) -> str:
    digits = "".join(text for kind, text in section.tokens if kind == "digits")
    if not digits:
        shown = [general(abs(number)) if kind in ("general", "at") else text for kind, text in section.tokens]
        sign = "-" if number < 0 and any(kind in ("general", "at") for kind, _ in section.tokens) else ""
        return (sign + "".join(shown)).strip()
    if "/" in digits:
        return _fraction(section, number)
    if any(kind == "exponent" for kind, _ in section.tokens):
        return _scientific(section, number)
    value = Decimal(repr(number)) * 100 ** digits.count("%")
    plain = digits.replace("%", "")
    whole, point, decimals = plain.partition(".")
    decimals = decimals.replace(",", "")
    stripped = whole.rstrip(",")
    value /= 1000 ** (len(whole) - len(stripped) + (len(plain) - len(plain.rstrip(",")) if point else 0))
    thousands = "," in stripped
    text = _fixed(abs(value), stripped.replace(",", ""), decimals, thousands=thousands)
    negative = value < 0 and any(char in "123456789" for char in text)
    return (("-" if negative else "") + _placed(section, text)).strip()


def _fixed(value: Decimal, whole: str, decimals: str, *, thousands: bool) -> str:
    places = min(len(decimals), _MOST_DIGITS)
    try:
        rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        rounded = value
    integer, _, fraction = f"{rounded:f}".partition(".")
    least = whole.count("0")
    integer = integer.lstrip("0").rjust(least, "0") if least else integer.lstrip("0")
    if thousands and integer:
        integer = f"{int(integer):,}".rjust(least, "0") if not integer.startswith("0") else _grouped(integer)
    kept = len(fraction)
    while kept and decimals[kept - 1 : kept] in ("#", "?") and fraction[kept - 1] == "0":
        kept -= 1
    return integer + (f".{fraction[:kept]}" if decimals and kept else "")


def _grouped(integer: str) -> str:
    head = len(integer) % 3
    return ",".join(
        part for part in (integer[:head], *(integer[i : i + 3] for i in range(head, len(integer), 3))) if part
    )


def _placed(section: _Section, text: str) -> str:
    """The number among the words of its format. Digits between words, as in phone numbers, are dealt out."""
    groups = [index for index, (kind, token) in enumerate(section.tokens) if kind == "digits" and shown_digits(token)]
    integer = text.partition(".")[0]
    parts: dict[int, str] = {}
    last = next((index for index in groups if "." in section.tokens[index][1]), groups[-1] if groups else 0)
    rest = integer
    for index in reversed([index for index in groups if 0 < index <= last and index != groups[0]]):
        width = sum(char in "0#?" for char in section.tokens[index][1].partition(".")[0])
        parts[index] = rest[-width:] if width else ""
        rest = rest[:-width] if width else rest
    if groups:
        parts[groups[0]] = rest
        parts[last] = parts.get(last, "") + text[len(integer) :]
    shown = []
    for index, (kind, token) in enumerate(section.tokens):
        if kind == "digits":
            shown.append(parts.get(index, "") + "%" * token.count("%"))
        elif kind != "skip":
            shown.append(token)
    return "".join(shown)


def shown_digits(token: str) -> bool:
    return any(char in "0#?" for char in token)


def _scientific(section: _Section, number: float) -> str:
    index = next(place for place, (kind, _) in enumerate(section.tokens) if kind == "exponent")
    mantissa = "".join(text for kind, text in section.tokens[:index] if kind == "digits")
    width = sum(text.count("0") for kind, text in section.tokens[index:] if kind == "digits")
    whole, _, decimals = mantissa.partition(".")
    step = max(len(whole), 1)
    exponent = math.floor(math.log10(abs(number))) if number else 0
    exponent = exponent // step * step if step > 1 else exponent
    value = Decimal(repr(number)).scaleb(-exponent)
    shown = _fixed(abs(value), whole.replace(",", ""), decimals, thousands=False)
    if Decimal(shown or "0") >= Decimal(10) ** step:
        exponent += step
        shown = _fixed(abs(value).scaleb(-step), whole, decimals, thousands=False)
    sign = "-" if exponent < 0 else "+" if section.tokens[index][1] == "+" else ""
    return f"{'-' if number < 0 else ''}{shown}E{sign}{abs(exponent):0{max(width, 1)}}"


def _fraction(section: _Section, number: float) -> str:
    digits = " ".join(text for kind, text in section.tokens if kind == "digits")
    below = digits.partition("/")[2].strip()
    fixed = re.match(r"\d+", below) if not below.startswith("0") else None
    literal = "".join(text for kind, text in section.tokens if kind == "text").strip()
    whole, rest = divmod(abs(Decimal(repr(number))), 1)
    mixed = len([1 for kind, text in section.tokens if kind == "digits" and "/" not in text]) > 0
    if fixed or literal.isdigit():
        denominator = int(fixed.group()) if fixed else int(literal)
        numerator = int((rest * denominator).to_integral_value(ROUND_HALF_UP))
    else:
        from fractions import Fraction

        found = Fraction(rest).limit_denominator(10 ** min(max(len(below), 1), 4) - 1)
        numerator, denominator = found.numerator, found.denominator
    if numerator == denominator:
        whole, numerator = whole + 1, 0
    sign = "-" if number < 0 else ""
    if not mixed:
        return f"{sign}{int(whole) * denominator + numerator}/{denominator}"
    if not numerator:
        return f"{sign}{int(whole)}"
    return f"{sign}{int(whole)} {numerator}/{denominator}" if whole else f"{sign}{numerator}/{denominator}"


def moment_of(number: float, *, epoch_1904: bool = False) -> datetime:
    """The moment that a day number means. Raises OverflowError beyond the years that a calendar has."""
    # 1900 was no leap year, but the sheets of its time said so.
    start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 31 if number < 60 else 30)
    return start + timedelta(milliseconds=round(number * 86_400_000))


def _date(section: _Section, number: float, *, epoch_1904: bool) -> str:
    if number < 0 and not any(kind == "elapsed" for kind, _ in section.tokens):
        return general(number)
    fraction = next((len(text) - 1 for kind, text in section.tokens if kind == "digits" and text.startswith(".")), 0)
    seconds = round(abs(number) * 86_400, min(fraction, 3))
    moment = moment_of(abs(number), epoch_1904=epoch_1904)
    if not fraction and moment.microsecond:
        moment = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    noon = any(kind == "noon" for kind, _ in section.tokens)
    names_era = any(kind == "letters" and text[0] in "gG" for kind, text in section.tokens)
    language = section.language or ("ja" if names_era else "en")
    shown = []
    for index, (kind, text) in enumerate(section.tokens):
        if kind == "letters":
            minutes = _means_minutes(section.tokens, index)
            shown.append(_date_part(text.lower(), moment, language, noon=noon, minutes=minutes))
        elif kind == "elapsed":
            shown.append(_elapsed(text, seconds))
        elif kind == "noon":
            shown.append(_noon(text, moment.hour))
        elif kind == "digits":
            shown.append(_sub_seconds(text, seconds, fraction))
        elif kind == "text":
            shown.append(text)
    return " ".join("".join(shown).split())


def _means_minutes(tokens: list[tuple[str, str]], index: int) -> bool:
    """ "m" means minutes behind hours and before seconds."""
    times = [(place, text.lower()[0]) for place, (kind, text) in enumerate(tokens) if kind in ("letters", "elapsed")]
    position = next(number for number, (place, _) in enumerate(times) if place == index)
    before = times[position - 1][1] if position else ""
    after = times[position + 1][1] if position + 1 < len(times) else ""
    return before == "h" or after == "s"


def _era(kind: str, width: int, moment: datetime, language: str) -> str:
    """The name of the Japanese era, or the year in it: a lone "e" of other languages is the year."""
    start, *names = next((era for era in _ERAS if moment.date() >= era[0]), (date(1, 1, 1), "", "", ""))
    if kind == "g":
        return str(names[min(width, 3) - 1])
    if language != "ja":
        return str(moment.year)
    return f"{moment.year - start.year + 1:0{min(width, 2)}}"


def _date_part(letters: str, moment: datetime, language: str, *, noon: bool, minutes: bool) -> str:
    kind, width = letters[0], len(letters)
    if kind == "y":
        return f"{moment.year:04}" if width > 2 else f"{moment.year % 100:02}"
    if kind == "b":
        return f"{moment.year + 543:04}" if width > 2 else f"{(moment.year + 543) % 100:02}"
    if kind in "ge":
        return _era(kind, width, moment, language)
    if kind == "m" and minutes and width < 3:
        return f"{moment.minute:0{width}}"
    if kind == "m":
        name, short = month_name(language, moment.month)
        return {1: str(moment.month), 2: f"{moment.month:02}", 3: short, 5: name[0]}.get(width, name)
    if kind == "d":
        name, short = day_name(language, moment.weekday())
        return {1: str(moment.day), 2: f"{moment.day:02}", 3: short}.get(width, name)
    if kind == "h":
        hour = (moment.hour - 1) % 12 + 1 if noon else moment.hour
        return f"{hour:0{min(width, 2)}}"
    if kind == "s":
        return f"{moment.second:0{min(width, 2)}}"
    return ""


def _elapsed(letters: str, seconds: float) -> str:
    unit = {"h": 3600, "m": 60, "s": 1}[letters[0]]
    return f"{int(seconds // unit):0{len(letters)}}"


def _noon(mark: str, hour: int) -> str:
    before, after = mark.split("/")
    return after if hour >= 12 else before


def _sub_seconds(token: str, seconds: float, places: int) -> str:
    if token.startswith(".") and places:
        return f".{round((seconds % 1) * 10**places):0{places}}"
    return token if not shown_digits(token) else ""
