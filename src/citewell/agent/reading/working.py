"""Computes differences, shares and sums from cells, with the arithmetic of the `math` tool, and shows them as
computed.
"""

import re
from collections.abc import Mapping, Sequence

from citewell.agent.arithmetic import CannotCalculate, calculate
from citewell.agent.reading import amounts, formulas, shown
from citewell.agent.reading.amounts import Amount
from citewell.agent.reading.cells import Found
from citewell.search.concepts import concept, plain_label
from citewell.search.numbers import DECIMAL_COMMA

_NAME = re.compile(r"[a-z]\w*")
_GROUPING = re.compile(r"(?<=\d),(?=\d{3})")
_WRITTEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+")
_COMMA = ".,"  # the marks that group digits and begin decimals, in languages with decimal commas
_MARKS = dict.fromkeys(("cs", "fi", "fr", "hu", "pl", "ru", "sv"), "\u00a0,")


def written(value: float) -> str:
    """A number as an expression takes it, and as English texts write it."""
    return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:g}"


def localised(text: str, language: str) -> str:
    """A computed line with its numbers as texts of a language write them: 1.234,5 in German."""
    marks = _MARKS.get(language, _COMMA if language in DECIMAL_COMMA else "")
    if not marks:
        return text
    return _WRITTEN.sub(lambda number: number[0].translate(str.maketrans(",.", marks)), text)


def _calculated(expression: str) -> float | None:
    try:
        value = calculate(_GROUPING.sub("", expression))
    except CannotCalculate:
        return None
    return float(value) if isinstance(value, int | float) else None


def _bracketed(value: float) -> str:
    return f"({written(value)})" if value < 0 else written(value)


def change(now: Found, then: Found, words: Mapping[str, str]) -> str:
    """The difference of two cells, and what it is of the earlier one; "" where there is none or the units differ."""
    one, two = now.value, then.value
    if one is None or two is None or shown.unit_of(now) != shown.unit_of(then):
        return ""
    return _changed(one, two, shown.unit_of(now), words, is_share="%" in now.text)


def _changed(now: float, then: float, unit: str, words: Mapping[str, str], *, is_share: bool = False) -> str:
    expression = f"{written(now)} - {_bracketed(then)}"
    difference = _calculated(expression)
    if difference is None:
        return ""
    line = f"{words['change']}: {expression} = {written(difference)}{f' {unit}' if unit else ''}"
    if then > 0 and not is_share and unit != "%":
        share = _calculated(f"round({written(difference)} / {written(then)} * 100, 1)")
        line += f"; {_bracketed(difference)} / {written(then)} × 100 = {written(share or 0.0)} %"
    return f"{line} ({words['computed']})"


def gap(one: str, two: str, language: str, words: Mapping[str, str]) -> str:
    """The difference of two values with one unit, the larger one first; "" where the units differ, or where a value has
    not exactly one number or one that can be read in two ways."""
    first, second = amounts.read(one, language), amounts.read(two, language)
    if first is None or second is None or first.unit != second.unit:
        return ""
    larger, smaller = max(first.value, second.value), min(first.value, second.value)
    expression = f"{written(larger)} - {written(smaller)}"
    difference = _calculated(expression)
    if difference is None:
        return ""
    unit = f" {first.unit}" if first.unit else ""
    return f"{words['difference']}: {expression} = {written(difference)}{unit} ({words['computed']})"


def growth(now: Amount, then: Amount, words: Mapping[str, str]) -> str:
    """The later amount less the earlier one, and what that is of the earlier one."""
    return _changed(now.value, then.value, now.unit, words)


def _amount(found: Found, name: str) -> float | None:
    """The cell's number as a formula takes it. An outflow counts as so much, whether the report writes it in brackets
    or not. Where a label puts the opposite first ("Benefit (provision) for income taxes"), brackets mean the other."""
    known, value = concept(name) if name else {}, found.value
    if value is None:
        return None
    if known.get("outflow"):
        return abs(value)
    opposite = known.get("opposite", "")
    return -value if opposite and plain_label(found.row.label).startswith(opposite) else value


def share(name: str, part: Found, whole: Found, words: Mapping[str, str]) -> str:
    """Returns the share of a part, named by its concept, in the whole; "" where the whole is zero or a loss."""
    amount = _amount(part, name)
    if amount is None or whole.value is None or whole.value <= 0:
        return ""
    value = _calculated(f"round({written(amount)} / {written(whole.value)} * 100, 2)")
    if value is None:
        return ""
    sides = f"{_bracketed(amount)} / {written(whole.value)}"
    return f"{words['share']}: {sides} × 100 = {written(value)} % ({words['computed']})"


def measure(name: str, formula: str, title: str, parts: Mapping[str, Found], words: Mapping[str, str]) -> str:
    """A measure by its formula, under its title or else the name of its concept; "" where it cannot be worked out:
    nothing is divided by a loss, and where all parts must be above zero, brackets may be one report's way to write a
    cost and another's to write a benefit."""
    values = {part: _amount(found, formulas.line_of(part)[0]) for part, found in parts.items()}
    known = {part: value for part, value in values.items() if value is not None}
    must_be_above = formula if name and concept(name).get("above_zero") else formula.partition("/")[2]
    if not formula or len(known) < len(values) or any(known[part] <= 0 for part in formulas.names(must_be_above)):
        return ""
    filled = _NAME.sub(lambda part: _bracketed(known[part[0]]), formula)
    value = _calculated(f"round({filled}, 2)")
    if value is None:
        return ""
    if formula.endswith("* 100"):
        unit = " %"
    else:
        unit = "" if formulas.divides(formula) else f" {shown.unit_of(next(iter(parts.values())))}".rstrip()
    kind = "ratio" if formulas.divides(formula) else "difference" if " - " in formula else "sum"
    title = title or (name.replace("_", " ").capitalize() if name else words[kind])
    return f"{title}: {filled.replace('*', '×')} = {written(value)}{unit} ({words['computed']})"


def total(parts: Sequence[Found], name: str, words: Mapping[str, str]) -> str:
    values = [part.value for part in parts]
    if any(value is None for value in values):
        return ""
    expression = " + ".join(_bracketed(value) for value in values if value is not None)
    value = _calculated(expression)
    if value is None:
        return ""
    unit = f" {unit}" if (unit := shown.unit_of(parts[0])) else ""
    return f"{words['sum']} ({name}): {expression} = {written(value)}{unit} ({words['computed']})"
