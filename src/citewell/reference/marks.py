"""Finds the lines on the pages that hold a span of a document's text."""

from collections.abc import Sequence

import msgspec

from citewell.ingestion.blocks import Block, Box, Line, ParsedDocument, RecognisedWord


class MarkedPage(msgspec.Struct, frozen=True):
    """The quoted words on a page: `boxes` are (left, top, right, bottom) from the page's top left. Boxes and page size
    are in points, or in pixels if the document is a picture."""

    page: int
    width: float
    height: float
    boxes: list[Box]


class Part(msgspec.Struct, frozen=True):
    """A line that holds a part of the span: its page (from 1), its box, its text, and the characters of it in the
    span."""

    page: int
    box: Box
    text: str
    start: int
    end: int


def parts(document: ParsedDocument, start: int, end: int) -> list[Part]:
    """Returns the lines of the span from `start` to `end`; for a block without lines, the whole block."""
    found = []
    for block in document.blocks:
        if block.start < end and start < block.end and block.page is not None:
            found += _of_block(document, block, start, end)
    return found


def recognised_in(document: ParsedDocument, found: Sequence[Part]) -> list[RecognisedWord]:
    """Returns the OCR words on the pages of these parts."""
    pages = {part.page for part in found}
    return [word for word in document.recognised if word.page in pages]


def _of_block(document: ParsedDocument, block: Block, start: int, end: int) -> list[Part]:
    assert block.page is not None
    found = []
    for line in block.lines or [Line(block.start, block.end, block.bbox)]:
        if line.start >= end or line.end <= start:
            continue
        text = document.text[line.start : line.end]
        inside = max(start - line.start, 0), min(end, line.end) - line.start
        if line.bbox is not None and text[inside[0] : inside[1]].strip():
            found.append(Part(line.page or block.page, line.bbox, text, *inside))
    return found
