"""How well a reading agrees with what is true of a document."""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TypeVar

from tests.golden.truth import Block

Item = TypeVar("Item", bound=Hashable)
Rows = Sequence[Sequence[str]]
_WORD = re.compile(r"[\w$%€]+|[^\w\s|]")
_CJK = re.compile(r"([\u3000-\u9fff\uff00-\uffef])")


@dataclass
class Reading:
    """What a parser made of a document. `headings` and `tables` are None where it does not tell them."""

    text: str
    headings: list[str] | None = None
    tables: list[list[list[str]]] | None = None


@dataclass
class Score:
    """All from 0 to 1; None where there is nothing to find or the parser does not tell."""

    recall: float
    precision: float
    order: float
    headings: float | None
    cells: float | None


def score(truth: Sequence[Block], reading: Reading) -> Score:
    wanted = [word for block in truth for word in words(_text_of(block))]
    found = words(reading.text)
    shared = sum((Counter(wanted) & Counter(found)).values())
    true_headings = [folded(block.text) for block in truth if block.kind == "heading"]
    true_tables = [block.rows for block in truth if block.kind == "table"]
    return Score(
        recall=shared / max(len(wanted), 1),
        precision=shared / max(len(found), 1),
        order=_order(wanted, found),
        headings=_f1(Counter(true_headings), Counter(map(folded, reading.headings)))
        if true_headings and reading.headings is not None
        else None,
        cells=_f1(_relations(true_tables), _relations(reading.tables))
        if true_tables and reading.tables is not None
        else None,
    )


def _text_of(block: Block) -> str:
    return block.text or "\n".join(" ".join(row) for row in block.rows)


def words(text: str) -> list[str]:
    return _WORD.findall(_CJK.sub(r" \1 ", text))


def folded(text: str) -> str:
    return "".join(text.split()).lower()


def _order(wanted: Sequence[str], found: Sequence[str]) -> float:
    """The longest runs that both have in the same order, of the words that both have."""
    both = Counter(wanted) & Counter(found)
    kept = [_taken(list_, Counter(both)) for list_ in (wanted, found)]
    matched = sum(block.size for block in SequenceMatcher(None, *kept, autojunk=False).get_matching_blocks())
    return matched / max(len(kept[0]), 1)


def _taken(words_: Sequence[str], left: Counter[str]) -> list[str]:
    taken = []
    for word in words_:
        if left[word] > 0:
            left[word] -= 1
            taken.append(word)
    return taken


def _relations(tables: Sequence[Rows]) -> Counter[tuple[str, str, str]]:
    """Pairs of neighbouring cells, beside and below each other; empty cells are passed over (Göbel et al., ICDAR 2013:
    a measure that needs no match of whole tables)."""
    found: Counter[tuple[str, str, str]] = Counter()
    for rows in tables:
        grid = [[folded(cell) for cell in row] for row in rows]
        for row in grid:
            found.update((left, right, "beside") for left, right in pairwise(cell for cell in row if cell))
        for column in range(max(map(len, grid), default=0)):
            cells = [row[column] for row in grid if column < len(row) and row[column]]
            found.update((above, below, "below") for above, below in pairwise(cells))
    return found


def _f1(wanted: Counter[Item], found: Counter[Item]) -> float:
    shared = sum((wanted & found).values())
    return 2 * shared / max(sum(wanted.values()) + sum(found.values()), 1)
