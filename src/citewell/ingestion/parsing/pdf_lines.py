"""Groups words to lines, and splits lines at wide gaps into cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.bidi import logical
from citewell.ingestion.parsing.pdf_text import Word

_CELL_GAP = 1.15  # of the font size: a wider gap inside a line begins a new cell
_MARKER_GAP = 6  # times the font size: the widest gap between the marker of a list item and its text
CURRENCIES = ("$", "€", "£", "¥")
_SPACE = 0.5  # of the font size: the widest gap between a number and the sign behind it
_ENDS_VALUE = "0123456789)%—"
_VALUE = re.compile(r"[(-]?[\d.,]*\d[\d.,]*[)%]?|—")
MARKER = re.compile(r"(?:[•●▪◦‣∙·■□○➢✓–—-]|\(?(?:\d{1,2}|[a-z]|[ivx]{2,4})[.)])(?=\s|$)", re.IGNORECASE)


@dataclass
class TextLine:
    """The words of one line, from left to right.

    `begins` are the indexes of words that begin a cell after a narrow gap, as found by `pdf_alignment.py`.
    """

    words: list[Word]
    begins: frozenset[int] = frozenset()

    @cached_property
    def box(self) -> Box:
        return union([word.box for word in self.words])

    @cached_property
    def size(self) -> float:
        return median(word.size for word in self.words)

    @cached_property
    def bold(self) -> bool:
        letters = [word for word in self.words if any(char.isalpha() for char in word.text)]
        return bool(letters) and all(word.bold for word in letters)

    @cached_property
    def cells(self) -> list[list[Word]]:
        """Returns the words in groups between wide gaps.

        A sign stays with its number, and a list marker with its text.
        """
        groups: list[list[Word]] = [[self.words[0]]]
        for number, (before, word) in enumerate(pairwise(self.words), start=1):
            wide = word.left - before.right > _CELL_GAP * max(self.size, 1.0)
            opens = word.text in CURRENCIES and before.text[-1:] in _ENDS_VALUE and not self.ends_value(number)
            far = word.left - before.right > _MARKER_GAP * max(self.size, 1.0)
            follows_sign = before.text in CURRENCIES and number > 1 and self.ends_value(number - 1)
            stays = _stays_with(word, groups, far=far) and not follows_sign
            apart = (wide or number in self.begins) and not stays
            if (apart and not _closes(word, before) and not self.ends_value(number)) or opens:
                groups.append([word])
            else:
                groups[-1].append(word)
        return groups

    def ends_value(self, number: int) -> bool:
        """Whether the word is a currency sign that is nearer to the number before it than to the next word, in a line
        whose first sign follows a number: statements align signs at the left of a column, close to the one before."""
        word, before = self.words[number], self.words[number - 1]
        if word.text not in CURRENCIES or before.text[-1:] not in _ENDS_VALUE or self._leads_with_sign:
            return False
        gap = word.left - before.right
        last = number + 1 == len(self.words)
        return gap < _SPACE * self.size and (last or gap < self.words[number + 1].left - word.right)

    @cached_property
    def _leads_with_sign(self) -> bool:
        """Whether the first currency sign of the line stands before its first number."""
        first = next((word for word in self.words if word.text in CURRENCIES or _VALUE.fullmatch(word.text)), None)
        return first is not None and first.text in CURRENCIES

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in logical(self.words))

    @cached_property
    def row(self) -> list[str]:
        return [" ".join(word.text for word in logical(cell)) for cell in self.cells]


def is_in_brackets(text: str) -> bool:
    return text.startswith("(") and text.endswith(")") and len(text) < 80


def union(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def lines_of(words: Sequence[Word]) -> list[TextLine]:
    """Groups words whose middles are at the same height to lines. Returns the lines from top to bottom."""
    rows: list[list[Word]] = []
    spans: list[tuple[float, float]] = []
    for word in sorted(words, key=lambda word: (word.top + word.bottom, word.left)):
        middle = (word.top + word.bottom) / 2
        for index in range(len(rows) - 1, max(len(rows) - 4, -1), -1):
            top, bottom = spans[index]
            if top <= middle <= bottom and _same_line(word, top, bottom):
                rows[index].append(word)
                spans[index] = (min(top, word.top), max(bottom, word.bottom)) if len(rows[index]) < 3 else spans[index]
                break
        else:
            rows.append([word])
            spans.append((word.top, word.bottom))
    lines = [TextLine(sorted(row, key=lambda word: word.left)) for row in rows]
    return sorted(lines, key=lambda line: line.box[1])


def _same_line(word: Word, top: float, bottom: float) -> bool:
    overlap = min(bottom, word.bottom) - max(top, word.top)
    return overlap > 0.5 * min(bottom - top, word.bottom - word.top)


def _stays_with(word: Word, groups: Sequence[Sequence[Word]], *, far: bool) -> bool:
    """Whether the last group is a sign that belongs to the word, or the marker of the list item that begins with it."""
    if len(groups[-1]) != 1:
        return False
    text = groups[-1][0].text
    if text in CURRENCIES:  # in headers of columns it is a unit
        return not (word.text[0].isalpha() or word.text == "%")
    if text in ("(", "$(") or (text == "-" and not far):
        return True
    return len(groups) == 1 and not far and MARKER.fullmatch(text) is not None


def _closes(word: Word, before: Word) -> bool:
    return word.text in (")", "%", ")%") and before.text not in CURRENCIES
