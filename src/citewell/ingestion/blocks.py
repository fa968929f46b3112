"""Blocks: the result of every parser, with positions in the document's text and on its pages."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import msgspec

from citewell.kit.places import HEADINGS

BlockType = Literal["title", "section_heading", "text", "list", "table", "figure", "header", "footer", "code"]
Box = tuple[float, float, float, float]

SEPARATOR = "\n\n"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Line(msgspec.Struct, frozen=True):
    """A part of a block with a position of its own: a line on a page, a row of a sheet.

    `start` and `end` are offsets in the document's text. `page` and `place` are None if they equal the block's.
    """

    start: int
    end: int
    bbox: Box | None = None
    page: int | None = None
    place: str | None = None


class RecognisedWord(msgspec.Struct, frozen=True):
    """A word that text recognition read on a page. `confidence` is from 0 to 1."""

    page: int
    text: str
    bbox: Box
    confidence: float


class Block(msgspec.Struct, frozen=True):
    """A paragraph, heading, table or other part of a document.

    `text` is the document's text from `start` to `end`, in characters. `page` counts from 1. `place` names the position
    in the terms of the file's program: "page 3", "slide 2", "Prices!A1:C4", "paragraph 12", "attachment report.pdf,
    page 2", "chapter 3". `bbox` is (left, top, right, bottom) in points from the page's top left corner. `heading_path`
    holds the headings above the block, the highest first. `rows` are the cells of a table. `lines` are in the order of
    the text. `confidence`, from 0 to 1, is set for text from text recognition.
    """

    type: BlockType
    text: str
    start: int
    end: int
    page: int | None = None
    place: str | None = None
    bbox: Box | None = None
    heading_path: tuple[str, ...] = ()
    level: int | None = None
    rows: list[list[str]] | None = None
    lines: list[Line] | None = None
    confidence: float | None = None


class ParsedDocument(msgspec.Struct, frozen=True):
    text: str
    blocks: list[Block]
    page_count: int | None = None
    title: str | None = None
    page_sizes: list[tuple[float, float]] = []
    warnings: list[str] = []
    recognised: list[RecognisedWord] = []


def clean(text: str) -> str:
    """Returns the text in NFC, without control characters that PostgreSQL refuses."""
    return _FORBIDDEN.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


class Builder:
    """Builds a document from blocks in their order; computes the offsets and the heading path of each.

    `page_noun` is the word for a page in the `place` of blocks that have none of their own: "page", "slide".
    """

    def __init__(self, page_noun: str = "page") -> None:
        self.page_noun = page_noun
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []

    def add(
        self,
        kind: BlockType,
        text: str,
        *,
        page: int | None = None,
        place: str | None = None,
        bbox: Box | None = None,
        level: int | None = None,
        rows: list[list[str]] | None = None,
        lines: Sequence[Line] = (),
        confidence: float | None = None,
    ) -> None:
        """Adds a block unless it is blank. With a `level`, from 1, it is a heading.

        The offsets of `lines` are in `text`, which then must not begin with a line break.
        """
        text = clean(text)
        if not text.strip():
            return
        text = text.strip("\n").rstrip()
        if kind in HEADINGS:
            level = level or (1 if kind == "title" else 2)
            self._path = [(depth, name) for depth, name in self._path if depth < level]
        start = self._length + (len(SEPARATOR) if self._parts else 0)
        placed = [_moved(line, start) for line in lines] or None
        if place is None and page is not None:
            place = f"{self.page_noun} {page}"
        path = tuple(name for _, name in self._path)
        end = start + len(text)
        self.blocks.append(
            Block(kind, text, start, end, page, place, bbox, path, level, rows, placed, confidence),
        )
        self._parts.append(text)
        self._length = end
        if kind in HEADINGS:
            assert level is not None
            self._path.append((level, " ".join(text.split())[:200]))

    def append(self, document: ParsedDocument, *, below: int, place: str | None = None) -> None:
        """Adds another document's blocks under the heading of level `below`.

        Their pages and boxes belong to another file. So these are dropped, and only named after `place`: "attachment
        report.pdf, page 2".
        """
        for block in document.blocks:
            kind = "section_heading" if block.type == "title" else block.type
            level = block.level + below if block.level else None
            lines = [
                Line(line.start - block.start, line.end - block.start, place=_joined_place(place, line.place))
                for line in block.lines or ()
                if line.place
            ]
            inner = _joined_place(place, block.place)
            self.add(
                kind, block.text, place=inner, level=level, rows=block.rows, lines=lines, confidence=block.confidence
            )

    @property
    def length(self) -> int:
        return self._length

    def document(
        self,
        *,
        page_count: int | None = None,
        title: str | None = None,
        page_sizes: list[tuple[float, float]] | None = None,
        warnings: list[str] | None = None,
        recognised: list[RecognisedWord] | None = None,
    ) -> ParsedDocument:
        title = clean(title).strip()[:300] if title else self._first_title()
        return ParsedDocument(
            SEPARATOR.join(self._parts),
            self.blocks,
            page_count,
            title or None,
            page_sizes or [],
            warnings or [],
            recognised or [],
        )

    def _first_title(self) -> str | None:
        titles = (block.text for block in self.blocks if block.type == "title")
        return next((" ".join(text.split())[:300] for text in titles), None)


def _moved(line: Line, start: int) -> Line:
    return msgspec.structs.replace(line, start=start + line.start, end=start + line.end)


def _joined_place(outer: str | None, inner: str | None) -> str | None:
    return ", ".join(part for part in (outer, inner) if part) or None


def table_text(rows: list[list[str]]) -> str:
    """Returns the rows as lines of text, with ` | ` between the cells."""
    lines = (" | ".join(" ".join(cell.split()) for cell in row).strip() for row in rows)
    return "\n".join(line for line in lines if line.strip(" |"))


def encode(document: ParsedDocument) -> bytes:
    """Encodes the document. Lone surrogates in cells, which UTF-8 cannot encode, are left out."""
    try:
        return _encoder.encode(document)
    except UnicodeEncodeError:
        blocks = [msgspec.structs.replace(block, rows=_whole(block.rows)) for block in document.blocks]
        return _encoder.encode(msgspec.structs.replace(document, blocks=blocks))


def _whole(rows: list[list[str]] | None) -> list[list[str]] | None:
    return [[_FORBIDDEN.sub("", cell) for cell in row] for row in rows] if rows is not None else None


_encoder = msgspec.msgpack.Encoder()
decode = msgspec.msgpack.Decoder(ParsedDocument).decode
