"""Words become lines, lines become columns in reading order, and gaps in a line become cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_text import Word

_CELL_GAP = 1.15  # of the font size: a wider gap inside a line begins a new cell
_MIN_COLUMN_LINES = 8
_PROSE_WORDS = 3
_CURRENCIES = ("$", "€", "£", "¥")
_ENDS_VALUE = "0123456789)%—"


@dataclass
class TextLine:
    """Words of one line, from left to right."""

    words: list[Word]

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
        """The words in groups between wide gaps; a currency sign stays with the number behind it."""
        groups: list[list[Word]] = [[self.words[0]]]
        for before, word in zip(self.words, self.words[1:], strict=False):
            wide = word.left - before.right > _CELL_GAP * max(self.size, 1.0)
            opens = word.text in _CURRENCIES and before.text[-1:] in _ENDS_VALUE
            if (wide and not _is_sign(groups[-1]) and not _closes(word)) or opens:
                groups.append([word])
            else:
                groups[-1].append(word)
        return groups

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def row(self) -> list[str]:
        return [" ".join(word.text for word in cell) for cell in self.cells]


def union(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def page_lines(words: list[Word]) -> list[TextLine]:
    """Lines in reading order: column by column where the page has two."""
    lines = _lines(words)
    gutter = _gutter(lines)
    if gutter is None:
        return lines
    ordered: list[TextLine] = []
    left: list[Word] = []
    right: list[Word] = []
    for line in lines:
        if _crosses(line, gutter):
            ordered += [*_lines(left), *_lines(right), line]
            left, right = [], []
        else:
            left += [word for word in line.words if word.right <= gutter]
            right += [word for word in line.words if word.right > gutter]
    return [*ordered, *_lines(left), *_lines(right)]


def _lines(words: list[Word]) -> list[TextLine]:
    """Words whose middles are on one height make a line; lines from top to bottom."""
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


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """The x between two columns of prose, or None. Columns of numbers are a table and no columns of text."""
    if len(lines) < _MIN_COLUMN_LINES:
        return None
    left = min(line.box[0] for line in lines)
    right = max(line.box[2] for line in lines)
    gaps = [gap for line in lines if (gap := _prose_gap(line, left, right)) is not None]
    if len(gaps) < max(_MIN_COLUMN_LINES, 0.4 * len(lines)):
        return None
    start, end = median(gap[0] for gap in gaps), median(gap[1] for gap in gaps)
    return (start + end) / 2 if end - start > 4 else None


def _prose_gap(line: TextLine, left: float, right: float) -> tuple[float, float] | None:
    """The gap near the middle of a line that has words of prose on both sides."""
    low, high = left + 0.3 * (right - left), left + 0.7 * (right - left)
    for index, (before, after) in enumerate(zip(line.words, line.words[1:], strict=False), start=1):
        middle = (before.right + after.left) / 2
        if after.left - before.right > 0.9 * line.size and low < middle < high:
            sides = (line.words[:index], line.words[index:])
            if all(_is_prose(side) for side in sides):
                return (before.right, after.left)
    return None


def _is_prose(words: Sequence[Word]) -> bool:
    return sum(word.text[:1].isalpha() for word in words) >= _PROSE_WORDS


def _crosses(line: TextLine, gutter: float) -> bool:
    return any(word.left < gutter - 1 and word.right > gutter + 1 for word in line.words) or any(
        before.right <= gutter <= after.left and after.left - before.right < 0.6 * line.size
        for before, after in zip(line.words, line.words[1:], strict=False)
    )


def _is_sign(words: Sequence[Word]) -> bool:
    return len(words) == 1 and words[0].text in (*_CURRENCIES, "(", "$(", "-")


def _closes(word: Word) -> bool:
    return word.text in (")", "%", ")%")
