"""A slide of a cited deck: its blocks with the quoted words."""

from typing import Literal

from pydantic import BaseModel

from citewell.ingestion.blocks import Block, ParsedDocument

_PARTS: dict[str, Literal["notes", "comment"]] = {", notes": "notes", ", comment": "comment"}


class SlideBlock(BaseModel):
    """A block of a slide. `part` says whether it is on the slide, in the speaker's notes or in a comment. `start` and
    `end` delimit the quoted words in `text`; null if there are none. `rows` are the cells of a table."""

    type: str
    text: str
    part: Literal["slide", "notes", "comment"]
    rows: list[list[str]] | None
    start: int | None
    end: int | None


class SlideOut(BaseModel):
    """One of `count` slides, its blocks in reading order. The title is a block of type `title` or `section_heading`."""

    number: int
    count: int
    blocks: list[SlideBlock]


def slide_of(document: ParsedDocument, number: int, span: tuple[int, int] | None) -> SlideOut | None:
    """Returns the slide of this number (from 1) with the span of the document's text; None if there is none."""
    count = document.page_count or max((block.page or 0 for block in document.blocks), default=0)
    if not 1 <= number <= count:
        return None
    blocks = [_block(block, span) for block in document.blocks if block.page == number]
    return SlideOut(number=number, count=count, blocks=blocks)


def _block(block: Block, span: tuple[int, int] | None) -> SlideBlock:
    start = max(block.start, span[0]) - block.start if span else 0
    end = min(block.end, span[1]) - block.start if span else 0
    is_quoted = start < end
    part = next((name for suffix, name in _PARTS.items() if (block.place or "").endswith(suffix)), "slide")
    return SlideBlock(
        type=block.type,
        text=block.text,
        part=part,
        rows=block.rows,
        start=start if is_quoted else None,
        end=end if is_quoted else None,
    )
