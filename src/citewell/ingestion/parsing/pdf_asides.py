"""Boxes with text of their own beside the text of a page, which would run through its lines."""

from collections.abc import Sequence

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of
from citewell.ingestion.parsing.pdf_text import Word

_WIDEST = 0.7  # of the width of the page's text
_LEAST_LINES = 3  # of words in a box, and beside it
_LEAST_LETTERS = 12  # of a line of prose
_MOSTLY = 0.6  # of the lines
_SLACK = 1.0  # points
_MOST_AREAS = 40


def set_apart(areas: Sequence[Box], words: Sequence[Word]) -> tuple[list[list[Word]], list[Word]]:
    """The words of each box that stands beside text, from top to bottom, and the other words."""
    found: list[list[Word]] = []
    rest = list(words)
    if not areas or len(areas) > _MOST_AREAS or not words:
        return found, rest
    width = max(word.right for word in words) - min(word.left for word in words)
    framed = {id(word) for area in areas if area[2] - area[0] < _WIDEST * width for word in words if _holds(area, word)}
    for area in sorted(areas, key=lambda area: (area[0] - area[2]) * (area[3] - area[1])):
        inside = [word for word in rest if _holds(area, word)]
        outside = [word for word in rest if not _holds(area, word) and id(word) not in framed]
        if area[2] - area[0] < _WIDEST * width and _is_aside(area, inside, outside):
            found.append(inside)
            taken = set(map(id, inside))
            rest = [word for word in rest if id(word) not in taken]
    return sorted(found, key=lambda inside: min(word.top for word in inside)), rest


def _holds(area: Box, word: Word) -> bool:
    left, top, right, bottom = area
    return left - _SLACK <= word.left and word.right <= right + _SLACK and top <= _middle(word) <= bottom


def _middle(word: Word) -> float:
    return (word.top + word.bottom) / 2


def _is_aside(area: Box, inside: Sequence[Word], outside: Sequence[Word]) -> bool:
    """Whether lines of prose stand in the box, and others beside it that do not run into it."""
    level = [word for word in outside if area[1] <= _middle(word) <= area[3]]
    if any(word.left < area[2] and word.right > area[0] for word in level):
        return False
    return _is_prose(lines_of(inside)) and _is_prose(lines_of(level))


def _is_prose(lines: Sequence[TextLine]) -> bool:
    prose = [
        line for line in lines if _letters(line) >= _LEAST_LETTERS and len(line.cells) == 1 and len(line.words) > 2
    ]
    return len(prose) >= max(_LEAST_LINES, _MOSTLY * len(lines))


def _letters(line: TextLine) -> int:
    return sum(char.isalpha() for word in line.words for char in word.text)
