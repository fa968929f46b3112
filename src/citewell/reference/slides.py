"""A slide of a cited deck: its blocks, and where the quoted words stand in them."""

from typing import Literal

from pydantic import BaseModel

from citewell.ingestion.blocks import Block, ParsedDocument

DECKS = ("pptx", "ppt", "odp")
_PARTS: dict[str, Literal["notes", "comment"]] = {", notes": "notes", ", comment": "comment"}


class SlideBlock(BaseModel):
    """`part` says whether it stands on the slide, in its speaker's notes or in a comment. The quoted words are the
    characters of `text` from `start` to `end`; null where there are none. `rows` are the cells of a table."""

    type: str
    text: str
    part: Literal["slide", "notes", "comment"]
    rows: list[list[str]] | None
    start: int | None
    end: int | None


class SlideOut(BaseModel):
    """A slide of `count`, in the order in which it is read. Its title is a block of the type `title` or
    `section_heading`."""

    number: int
    count: int
    blocks: list[SlideBlock]


def slide_of(document: ParsedDocument, number: int, span: tuple[int, int] | None) -> SlideOut | None:
    """The slide of that number (from 1), with the span of the document's text; None where there is none."""
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
