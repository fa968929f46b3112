"""A document as the engine reads it: its chunks, lines and cells with their places, and how it writes."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from citewell.agent.knowledge import ChunkText, Front
from citewell.agent.reading.document import Opened, opened
from citewell.agent.reading.profile import Profile, profile
from citewell.extractors.engine.evidence import Source
from citewell.extractors.engine.values import Style, style_of

FRONT_CHARS = 6000
_STYLE_CHARS = 200_000


class Cell(msgspec.Struct, frozen=True):
    """A cell or line with its place in chunk number `chunk`."""

    chunk: int
    start: int
    end: int
    text: str


class Line(msgspec.Struct, frozen=True):
    """A line of text; `cells` are its parts between bars, empty ones too. `block` counts the blocks of the document."""

    chunk: int
    start: int
    text: str
    cells: tuple[Cell, ...]
    block: int

    @property
    def is_row(self) -> bool:
        return len(self.cells) > 1


class Document:
    """The chunks of one version of a document, in its order."""

    def __init__(self, chunks: Sequence[ChunkText]) -> None:
        self.chunks = list(chunks)

    @cached_property
    def opened(self) -> Opened:
        return opened(self.chunks)

    @cached_property
    def profile(self) -> Profile:
        first = self.chunks[0]
        return profile(Front(first.document_id, first.document_name, self.front))

    @cached_property
    def front(self) -> str:
        text = ""
        for chunk in self.chunks:
            text += chunk.content + "\n"
            if len(text) >= FRONT_CHARS:
                break
        return text[:FRONT_CHARS]

    @cached_property
    def style(self) -> Style:
        text = ""
        for chunk in self.chunks:
            text += chunk.content + "\n"
            if len(text) > _STYLE_CHARS:
                break
        return style_of(text[:_STYLE_CHARS])

    @cached_property
    def lines(self) -> list[Line]:
        return list(_lines(self.chunks))

    def source(self, chunk: int, start: int, end: int, role: str = "value") -> Source:
        return Source(self.chunks[chunk], start, end, role)


def _lines(chunks: Sequence[ChunkText]) -> Iterator[Line]:
    block = 0
    for index, chunk in enumerate(chunks):
        place = 0
        block += 1
        for text in chunk.content.split("\n"):
            if text.strip():
                yield Line(index, place, text, tuple(_cells(index, place, text)), block)
            else:
                block += 1
            place += len(text) + 1


def _cells(chunk: int, start: int, line: str) -> Iterator[Cell]:
    place = start
    for part in line.split("|"):
        text = part.strip()
        left = place + len(part) - len(part.lstrip())
        yield Cell(chunk, left, left + len(text), text)
        place += len(part) + 1
