"""Finds list items whose bullets are drawn shapes and not characters, as browsers print them."""

from collections.abc import Sequence

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.bidi import RIGHT_TO_LEFT
from citewell.ingestion.parsing.pdf_lines import TextLine
from citewell.ingestion.parsing.pdf_text import Word

_FAR = 2.5  # of the font size: the largest distance from a bullet to its words
_MOST_PAIRS = 1_000_000  # pairs of a word and a dot; a page with more is a drawing
_HIGH = 0.8  # of the font size: a higher shape is no bullet


def with_bullets(lines: Sequence[TextLine], dots: Sequence[Box]) -> frozenset[int]:
    """Returns the indexes of the lines with a bullet before their first word."""
    words = [word for line in lines for word in line.words]
    if len(words) * len(dots) > _MOST_PAIRS:  # a drawing
        return frozenset()
    free = [dot for dot in dots if not _touches(dot, words)]
    return frozenset(index for index, line in enumerate(lines) if any(_is_before(dot, line) for dot in free))


def _is_before(dot: Box, line: TextLine) -> bool:
    left, top, right, bottom = line.box
    middle = (dot[1] + dot[3]) / 2
    from_right = RIGHT_TO_LEFT.search(line.words[-1].text) is not None
    near = 0 < (dot[0] - right if from_right else left - dot[2]) < _FAR * line.size
    return near and top < middle < bottom and dot[3] - dot[1] < _HIGH * line.size


def _touches(dot: Box, words: Sequence[Word]) -> bool:
    """Whether a word overlaps with the dot, which then is a frame or a part of a drawing."""
    return any(
        word.left < dot[2] and dot[0] < word.right and word.top < dot[3] and dot[1] < word.bottom for word in words
    )
