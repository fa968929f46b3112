"""The messages to and from the process that draws pages. The server imports this module and no PDF library."""

import msgspec

from citewell.ingestion.blocks import RecognisedWord
from citewell.reference.marks import MarkedPage, Part


class Task(msgspec.Struct, frozen=True):
    """What to draw.

    `pages` (from 1) with the parts on them; `words` are their OCR words; `kind` is pdf or image; `scale` is in pixels
    per point, 0 for no picture; limits are in bytes and seconds.
    """

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
