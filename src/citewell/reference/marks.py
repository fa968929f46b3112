"""From a span of a document's text to the lines that hold it on the pages."""

from collections.abc import Sequence

import msgspec

from citewell.ingestion.blocks import Block, Box, ParsedDocument


class Part(msgspec.Struct, frozen=True):
    """A line with a part of the span: its page (from 1), box and text, and which characters of that are meant."""

    page: int
    box: Box
    text: str
    start: int
    end: int


def parts(document: ParsedDocument, start: int, end: int) -> list[Part]:
    """The lines of the span from `start` to `end`; where a block has none, the block as a whole."""
    found = []
    for block in document.blocks:
        if block.start < end and start < block.end and block.page is not None:
            found += _of_block(document, block, start, end)
    return found


def _of_block(document: ParsedDocument, block: Block, start: int, end: int) -> list[Part]:
    assert block.page is not None
    lines: Sequence[tuple[int, int, Box | None]] = [(line.start, line.end, line.bbox) for line in block.lines or ()]
    found = []
    for first, last, box in lines or [(block.start, block.end, block.bbox)]:
        if first >= end or last <= start:
            continue
        text = document.text[first:last]
        inside = max(start - first, 0), min(end, last) - first
        if box is not None and text[inside[0] : inside[1]].strip():
            found.append(Part(block.page, box, text, *inside))
    return found
