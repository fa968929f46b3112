"""Formulas of measures: of the vocabulary (`search/concepts.toml`), and those that questions state (`stated.py`).

A formula is an arithmetic expression over names of concepts. `average(total_assets)` is that of the beginning and the
end of the period, `change(inventories)` the difference of both. Expanded, `total_assets_before` is the amount at the
beginning.
"""

import re

from citewell.search.concepts import concept

BEFORE = "_before"
_NAME = re.compile(r"[a-z]\w*")
_FUNCTION = re.compile(r"\b(average|change)\(")


def of_concept(name: str) -> str:
    """Returns the formula of a measure of the vocabulary, expanded; "" if it has none."""
    return expanded(concept(name).get("formula", "")) if name else ""


def names(formula: str) -> list[str]:
    """Returns the names in a formula, in its order, each once."""
    return list(dict.fromkeys(_NAME.findall(formula)))


def divides(formula: str) -> bool:
    """Whether the formula gives a ratio: it divides by more than the 2 of an average."""
    return "/" in formula.replace(") / 2)", ")")


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
        own = of_concept(name[0].removesuffix(BEFORE))
        if not own:
            return name[0]
        return f"({_NAME.sub(lambda one: one[0] + BEFORE, own) if name[0].endswith(BEFORE) else own})"

    return _NAME.sub(part, formula)


def expanded(formula: str) -> str:
    """Returns the formula with its functions replaced by arithmetic."""
    while match := _FUNCTION.search(formula):
        end = closing(formula, match.end() - 1)
        inner = formula[match.end() : end]
        before = _NAME.sub(lambda one: one[0] + BEFORE, inner)
        inner, before = (f"({one})" if _NAME.fullmatch(one) is None else one for one in (inner, before))
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
