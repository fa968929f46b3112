"""Formulas of measures: of the vocabulary (`search/concepts.toml`), and those that questions state (`stated.py`).

A formula is an arithmetic expression over names of concepts. `average(total_assets)` is that of the beginning and the
end of the period, `change(inventories)` the difference of both. Expanded, `total_assets_before` is the amount at the
beginning, `total_assets_before2` that of one period earlier.
"""

import re

from citewell.search.concepts import concept

_BEFORE = re.compile(r"_before(\d*)$")
_NAME = re.compile(r"[a-z]\w*")
_PERCENT = " * 100"
_FUNCTION = re.compile(r"\b(average|change)\(")


def of_concept(name: str) -> str:
    """Returns the formula of a measure of the vocabulary, expanded; "" if it has none."""
    return expanded(concept(name).get("formula", "")) if name else ""


def names(formula: str) -> list[str]:
    """Returns the names in a formula, in its order, each once."""
    return list(dict.fromkeys(_NAME.findall(formula)))


def line_of(name: str) -> tuple[str, int]:
    """Returns the concept of a name in a formula, and how many periods before the one that is asked for it is."""
    match = _BEFORE.search(name)
    return (name, 0) if match is None else (name[: match.start()], int(match[1] or 1))


def earlier(formula: str, periods: int) -> str:
    """Returns the formula of an earlier period: `revenue_before` for `revenue` and one period."""

    def moved(name: re.Match[str]) -> str:
        line, before = line_of(name[0])
        before += periods
        return line if before == 0 else f"{line}_before{before if before > 1 else ''}"

    return _NAME.sub(moved, formula)


def averaged(formula: str, periods: int) -> str:
    """Returns the formula of the mean over the period and those before it."""
    plain, factor = (formula.removesuffix(_PERCENT), _PERCENT) if formula.endswith(_PERCENT) else (formula, "")
    plain = plain if is_product(plain) else f"({plain})"
    return f"({' + '.join(earlier(plain, step) for step in range(periods))}) / {periods}{factor}"


def grown(formula: str, periods: int) -> str:
    """Returns the formula of the compound annual growth rate over so many periods, in percent."""
    now, then = (_bracketed(one) for one in (formula, earlier(formula, periods)))
    return f"(({now} / {then}) ^ (1 / {periods}) - 1){_PERCENT}"


def _bracketed(formula: str) -> str:
    return formula if _NAME.fullmatch(formula) else f"({formula})"


def divides(formula: str) -> bool:
    """Whether the formula gives a ratio: it divides by more than the number of an average."""
    return "/" in re.sub(r"\) / \d+", ")", formula)


def is_product(formula: str) -> bool:
    """Whether the formula is a product or quotient, and no sum, so that a further factor needs no brackets."""
    outside = formula
    while (bare := re.sub(r"\([^()]*\)", "", outside)) != outside:
        outside = bare
    return not re.search(r"[+-]", outside)


def is_call(formula: str) -> bool:
    """Whether the whole formula is a function of something, which needs no brackets around it."""
    match = _FUNCTION.match(formula)
    return match is not None and closing(formula, match.end() - 1) == len(formula) - 1


def with_parts(formula: str) -> str:
    """Returns the formula with measures of the vocabulary replaced by theirs: EBITDA by what it is worked out from."""

    def part(name: re.Match[str]) -> str:
        line, before = line_of(name[0])
        own = of_concept(line)
        return f"({earlier(own, before)})" if own else name[0]

    return _NAME.sub(part, formula)


def expanded(formula: str) -> str:
    """Returns the formula with its functions replaced by arithmetic."""
    while match := _FUNCTION.search(formula):
        end = closing(formula, match.end() - 1)
        inner = formula[match.end() : end]
        before = earlier(inner, 1)
        inner, before = _bracketed(inner), _bracketed(before)
        made = f"(({inner} + {before}) / 2)" if match[1] == "average" else f"({inner} - {before})"
        formula = formula[: match.start()] + made + formula[end + 1 :]
    return formula


def closing(text: str, start: int) -> int:
    """Returns where the bracket at `start` is closed. Raises ValueError if it is not."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"A bracket is not closed: {text}")
