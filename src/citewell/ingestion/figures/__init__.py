"""Extracts the pictures of a document in a child process, and encodes them again.

A picture may be as malicious as its file. So it is decoded where the parsers run, with their limits, and only its
pixels are kept, in a new file. Pictures that cannot be decoded are left out; they never fail the document.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import structlog

from citewell.ingestion.blocks import Box
from citewell.ingestion.parsing import DEFAULT, ParseFailed, ParseLimits, run_child
from citewell.storage.temporary import temporary_folder

log = structlog.get_logger(__name__)

# Kinds of documents, and "image" for a picture that is a file of its own.
KINDS = ("pdf", "docx", "pptx", "epub", "html", "image")
SECONDS = 60.0  # for all pictures of a document


class Figure(msgspec.Struct, frozen=True):
    """A picture as PNG or JPEG. `width` and `height` are in pixels. `page` counts from 1.

    `bbox` is (left, top, right, bottom) in points from the page's top left corner; None if the format has no pages.
    """

    name: str
    content_type: str
    width: int
    height: int
    page: int | None = None
    bbox: Box | None = None
    caption: str = ""


class Extracted(msgspec.Struct, frozen=True):
    figure: Figure
    path: Path


@asynccontextmanager
async def extracted(path: Path, kind: str, limits: ParseLimits = DEFAULT) -> AsyncIterator[Sequence[Extracted]]:
    """Yields the pictures of a file in its order. Their files are deleted at the end of the block."""
    if not _may_have_some(path, kind):
        yield []
        return
    with temporary_folder() as folder:
        limits = msgspec.structs.replace(limits, seconds=min(limits.seconds, SECONDS), recognition_seconds=SECONDS)
        try:
            code = await run_child("citewell.ingestion.figures.child", [str(path.resolve()), kind], folder, limits)
            if code != 0:
                log.info("figures_not_read", kind=kind, code=code)
        except ParseFailed as failure:
            log.info("figures_not_read", kind=kind, code=failure.code)
        # The child writes a line when a picture is complete, so a child that died has left only complete pictures.
        listed = folder / "figures.jsonl"
        lines = listed.read_bytes().splitlines() if listed.exists() else []
        figures = [msgspec.json.decode(line, type=Figure) for line in lines]
        yield [Extracted(figure, folder / figure.name) for figure in figures]


def _may_have_some(path: Path, kind: str) -> bool:
    """Whether the file may contain pictures. A quick check, because starting a child takes half a second.

    A web page counts only if it embeds pictures: others are never fetched.
    """
    if kind == "html":
        return path.stat().st_size <= DEFAULT.max_text_chars and b"data:image/" in path.read_bytes()
    return kind in KINDS
