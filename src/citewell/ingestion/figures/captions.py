"""The caption of a figure, from the blocks of its page."""

import re
from collections.abc import Sequence

from citewell.ingestion.blocks import Block, Box

_NUMBERED = re.compile(r"\s*(?:figure|fig\.|abbildung|abb\.|figura|рис\.|图|図)\s*\d+(?:[.-]\d+)*\b", re.IGNORECASE)
_NEAR_NUMBERED = 80.0  # points between a figure and a caption such as "Figure 3"
_NEAR_OTHER = 30.0  # points between a figure and any other text below it
_LONGEST_OTHER = 200  # characters of such a text


def is_caption(text: str) -> bool:
    """Whether the text begins like a numbered caption: "Figure 3", "Abb. 2-1", "图 4"."""
    return _NUMBERED.match(text) is not None


def caption_of(page: int, bbox: Box, blocks: Sequence[Block]) -> str:
    """Returns the nearest numbered caption above or below the figure, else a short text directly below it, else "".

    `bbox` is in points from the page's top left corner.
    """
    beside = [block for block in blocks if block.page == page and block.bbox and _side_by_side(bbox, block.bbox)]
    numbered = [block for block in beside if block.type == "figure" or is_caption(block.text)]
    below = [block for block in beside if block.type == "text" and len(block.text) <= _LONGEST_OTHER]
    return _nearest(numbered, bbox, _NEAR_NUMBERED, above=True) or _nearest(below, bbox, _NEAR_OTHER, above=False)


def _nearest(blocks: Sequence[Block], bbox: Box, within: float, *, above: bool) -> str:
    found = [(_gap(bbox, block.bbox, above=above), block.text) for block in blocks if block.bbox]
    near = [(gap, text) for gap, text in found if gap is not None and gap <= within]
    return min(near)[1] if near else ""


def _gap(figure: Box, text: Box, *, above: bool) -> float | None:
    """Returns the vertical distance in points between figure and text, slightly negative if they overlap a little; None
    if the text is on the other side.
    """
    slack = 6.0
    if text[1] >= figure[3] - slack:
        return max(text[1] - figure[3], 0.0)
    if above and text[3] <= figure[1] + slack:
        return max(figure[1] - text[3], 0.0)
    return None


def _side_by_side(one: Box, other: Box) -> bool:
    """Whether the boxes overlap horizontally."""
    return one[0] < other[2] and other[0] < one[2]
