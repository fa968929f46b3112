"""What the process that draws pages is asked, and what it answers. The server imports this, and no PDF library."""

import msgspec

from citewell.ingestion.blocks import RecognisedWord
from citewell.reference.marks import MarkedPage, Part


class Task(msgspec.Struct, frozen=True):
    """What to draw. `pages` (from 1) with the parts on them; `words` are the OCR words on them; `kind` is pdf or image;
    `scale` is in pixels per point, 0 for no picture; limits are in bytes and seconds."""

    path: str
    kind: str
    pages: list[int]
    scale: float
    parts: list[Part]
    words: list[RecognisedWord]
    memory: int
    seconds: int


class Drawn(msgspec.Struct, frozen=True):
    """A page with its marks and its picture, which is empty if none was asked for."""

    png: bytes
    marked: MarkedPage
