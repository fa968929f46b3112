"""Words of a line in the order in which they are read, after the Unicode bidirectional algorithm."""

import re
import unicodedata
from collections.abc import Sequence

from citewell.ingestion.parsing.pdf_text import Word

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def logical(words: Sequence[Word]) -> list[Word]:
    """Arabic and Hebrew words from the right and Latin ones among them from the left, or the other way round."""
    if not any(RIGHT_TO_LEFT.search(word.text) for word in words):
        return list(words)
    kinds = [_direction(word.text) for word in words]
    base = "R" if kinds.count("R") >= kinds.count("L") else "L"
    runs: list[list[Word]] = []
    last = ""
    for index, (word, kind) in enumerate(zip(words, kinds, strict=True)):
        # Numbers and signs go with a run only where it goes on behind them.
        found = kind or (last if last and _next(kinds, index) == last else base)
        if runs and found == last:
            runs[-1].append(word)
        else:
            runs.append([word])
        last = found
    ordered: list[Word] = []
    for run in reversed(runs) if base == "R" else runs:
        right = any(_direction(word.text) == "R" for word in run) or (base == "R" and not _strong(run))
        ordered += reversed(run) if right else run
    return ordered


def _strong(run: Sequence[Word]) -> bool:
    return any(_direction(word.text) for word in run)


def _next(kinds: Sequence[str], index: int) -> str:
    return next((kind for kind in kinds[index + 1 :] if kind), "")


def _direction(text: str) -> str:
    """R, L, or nothing for numbers and signs."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL"):
            return "R"
        if direction == "L":
            return "L"
    return ""
