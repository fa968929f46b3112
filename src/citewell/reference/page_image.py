"""Pages of PDFs as pictures with the cited span marked, drawn in a child process and cached."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from citewell.errors import NotFound, Unavailable
from citewell.ingestion.blocks import RecognisedWord
from citewell.kit.child_process import run_child
from citewell.reference.marks import MarkedPage, Part
from citewell.reference.page_task import Drawn, Task

SCALE = 1.6  # pixels a point: sharp at the width of the page that shows it
MEMORY = 1024**3
SECONDS = 20
_AT_ONCE = 2
_MAX_KEPT = 48  # pictures


@dataclass(frozen=True)
class Source:
    """A file whose pages can be drawn; `kind` is pdf or image, `key` names its content."""

    path: Path
    kind: str
    key: str


@dataclass(frozen=True)
class Marks:
    """The lines of a span, and the OCR words of their pages."""

    parts: Sequence[Part] = ()
    words: Sequence[RecognisedWord] = ()


class PageImages:
    """Draws and caches pictures, one instance per process. Keys are document version, page and marks, so a picture
    never changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, list[Drawn]] = OrderedDict()
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def draw(self, source: Source, page: int, marks: Marks) -> Drawn:
        """Draw a page. Raises NotFound for a page that does not exist or cannot be drawn, Unavailable if it takes too
        long."""
        here = [part for part in marks.parts if part.page == page]
        return (await self._drawn(source, (page,), here, marks.words if here else [], SCALE))[0]

    async def boxes(self, source: Source, marks: Marks) -> list[MarkedPage]:
        """Returns the boxes of the marks' words, page by page. Raises as `draw`."""
        pages = tuple(sorted({part.page for part in marks.parts}))
        if not pages:
            return []
        return [drawn.marked for drawn in await self._drawn(source, pages, marks.parts, marks.words, 0.0)]

    async def _drawn(
        self,
        source: Source,
        pages: tuple[int, ...],
        parts: Sequence[Part],
        words: Sequence[RecognisedWord],
        scale: float,
    ) -> list[Drawn]:
        name = msgspec.msgpack.encode((source.key, pages, parts, scale))
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        task = Task(str(source.path), source.kind, list(pages), scale, list(parts), list(words), MEMORY, SECONDS)
        async with self._free:
            drawn = await _run(task)
        self._kept[name] = drawn
        if len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return drawn


async def _run(task: Task) -> list[Drawn]:
    try:
        code, said = await run_child("citewell.reference.page_child", msgspec.json.encode(task), SECONDS)
    except TimeoutError:
        raise Unavailable("Drawing this page takes too long: read its text, or open the file.") from None
    if code != 0:
        raise NotFound("This page cannot be drawn: read its text, or open the file.")
    return msgspec.msgpack.decode(said, type=list[Drawn])
