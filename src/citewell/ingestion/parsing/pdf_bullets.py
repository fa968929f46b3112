"""Items of lists whose bullets are drawn and no characters, as browsers print them."""

from collections.abc import Sequence

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing.bidi import RIGHT_TO_LEFT
from citewell.ingestion.parsing.pdf_lines import TextLine

_FAR = 2.5  # of the font size: from the bullet to its words, at most
_MOST_PAIRS = 500_000
_HIGH = 0.8  # of the font size: a higher shape is no bullet


def with_bullets(lines: Sequence[TextLine], dots: Sequence[Box]) -> frozenset[int]:
    """The indexes of the lines that have a bullet before their first word."""
    if len(lines) * len(dots) > _MOST_PAIRS:  # a drawing
        return frozenset()
    return frozenset(
        index for index, line in enumerate(lines) for dot in dots if _is_before(dot, line) and not _touches(dot, lines)
    )


def _is_before(dot: Box, line: TextLine) -> bool:
    left, top, right, bottom = line.box
    middle = (dot[1] + dot[3]) / 2
    from_right = RIGHT_TO_LEFT.search(line.words[-1].text) is not None
    near = 0 < (dot[0] - right if from_right else left - dot[2]) < _FAR * line.size
    return near and top < middle < bottom and dot[3] - dot[1] < _HIGH * line.size


def _touches(dot: Box, lines: Sequence[TextLine]) -> bool:
    """Whether a word stands where the dot is: a frame around it, or a mark of a drawing."""
    return any(
        word.left < dot[2] and dot[0] < word.right and word.top < dot[3] and dot[1] < word.bottom
        for line in lines
        for word in line.words
    )
