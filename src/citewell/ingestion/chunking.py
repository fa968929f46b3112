"""Chunking: joins blocks under their headings to contiguous pieces of the document's text.

Each chunk begins where the one before it ends, so concatenating the chunks gives the document's text. Blocks of
excluded types are left out, and leave gaps. All offsets are those of the whole text.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import msgspec
from semantic_text_splitter import TextSplitter

from citewell.ingestion.blocks import Block, ParsedDocument
from citewell.kit.places import HEADINGS

SeparatorMode = Literal["both", "title", "section", "none"]


class ChunkSettings(msgspec.Struct, frozen=True):
    """A project's settings of chunking. Sizes are in characters.

    `title_section_separator_mode` says which headings begin a new chunk.
    """

    maximum_chunk_size: int = 10_000
    minimum_chunk_size: int = 200
    page_as_separator: bool = False
    title_section_separator_mode: SeparatorMode = "both"
    excluded_block_types: tuple[str, ...] = ()


class Chunk(msgspec.Struct, frozen=True):
    """`content` is the document's text from `start` to `end`. It holds or cuts the blocks with the indices
    `first_block` to `last_block`, both inclusive.
    """

    ordinal: int
    start: int
    end: int
    content: str
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    block_types: tuple[str, ...]
    first_block: int
    last_block: int


class _Piece(msgspec.Struct):
    """A piece of the text with the blocks `first` to `last`. `breaks` says that a chunk should begin here."""

    start: int
    end: int
    first: int
    last: int
    breaks: bool


def chunk(document: ParsedDocument, settings: ChunkSettings) -> list[Chunk]:
    """Returns the document's chunks in order.

    No chunk is longer than the maximum. A chunk is shorter than the minimum only if the document is, or if joining it
    to its neighbour would exceed the maximum or skip an excluded block.
    """
    chunks: list[Chunk] = []
    for stretch in _stretches(document, settings):
        for piece in _merged(stretch, settings):
            chunks.append(_chunk(document, len(chunks), piece))
    return chunks


def _stretches(document: ParsedDocument, settings: ChunkSettings) -> Iterator[list[_Piece]]:
    """Yields the pieces between excluded blocks. The pieces of one list have no gap between them."""
    run: list[_Piece] = []
    blocks = document.blocks
    for index, block in enumerate(blocks):
        if block.type in settings.excluded_block_types:
            if run:
                yield run
            run = []
            continue
        # White space after a block belongs to it, so that nothing is lost between two chunks.
        end = blocks[index + 1].start if index + 1 < len(blocks) else len(document.text)
        run += _pieces(document, index, end, settings)
    if run:
        yield run


def _pieces(document: ParsedDocument, index: int, end: int, settings: ChunkSettings) -> list[_Piece]:
    """Returns a block as one piece, or as several if it is longer than the maximum."""
    block = document.blocks[index]
    breaks = _begins_chunk(document.blocks, index, settings)
    if end - block.start <= settings.maximum_chunk_size:
        return [_Piece(block.start, end, index, index, breaks)]
    cuts = _cuts(document.text[block.start : end], block, settings.maximum_chunk_size)
    places = [block.start, *(block.start + cut for cut in cuts), end]
    return [
        _Piece(start, stop, index, index, breaks and number == 0)
        for number, (start, stop) in enumerate(pairwise(places))
    ]


def _begins_chunk(blocks: list[Block], index: int, settings: ChunkSettings) -> bool:
    block = blocks[index]
    mode = settings.title_section_separator_mode
    if block.type == "title" and mode in ("both", "title"):
        return True
    if block.type == "section_heading" and mode in ("both", "section"):
        return True
    return settings.page_as_separator and index > 0 and blocks[index - 1].page != block.page


def _cuts(text: str, block: Block, maximum: int) -> list[int]:
    """Returns where to cut an oversized block: between rows of a table, else at the ends of sentences and words."""
    cuts: list[int] = []
    start = 0
    for stop in _candidates(text, block, maximum):
        while stop - start > maximum:  # a word longer than the maximum, which the splitter leaves whole
            start += maximum
            cuts.append(start)
        if stop < len(text):
            cuts.append(stop)
        start = stop
    return cuts


def _candidates(text: str, block: Block, maximum: int) -> list[int]:
    """Returns where the parts of an oversized text end.

    Each part is as long as possible; the last ends with the text.
    """
    if block.type in ("table", "code", "list"):
        ends: list[int] = []
        start = last = 0
        for place in [index + 1 for index, char in enumerate(text) if char == "\n"] + [len(text)]:
            if place - start > maximum and last > start:
                ends.append(last)
                start = last
            last = place
        return [*ends, len(text)]
    # The splitter drops white space between its parts, so a part ends where the next one begins.
    starts = _splitter_starts(text, maximum)
    return [*starts[1:], len(text)]


def _splitter_starts(text: str, maximum: int) -> list[int]:
    # Leaves room for the white space after each part.
    return [place for place, _ in TextSplitter(max(maximum - 16, 1)).chunk_indices(text)]


def _merged(pieces: list[_Piece], settings: ChunkSettings) -> list[_Piece]:
    """Joins pieces up to the maximum. A heading begins a new chunk if the one before it has the minimum size."""
    merged: list[_Piece] = []
    for piece in pieces:
        if merged and _joins(merged[-1], piece, settings):
            merged[-1].end, merged[-1].last = piece.end, piece.last
        else:
            merged.append(msgspec.structs.replace(piece))
    return _without_small(merged, settings)


def _joins(chunk_so_far: _Piece, piece: _Piece, settings: ChunkSettings) -> bool:
    if piece.end - chunk_so_far.start > settings.maximum_chunk_size:
        return False
    return not piece.breaks or chunk_so_far.end - chunk_so_far.start < settings.minimum_chunk_size


def _without_small(merged: list[_Piece], settings: ChunkSettings) -> list[_Piece]:
    """Joins each piece below the minimum to the one before it, if both fit into the maximum.

    `_merged` has tried to join it to the one after it.
    """
    joined: list[_Piece] = []
    for piece in merged:
        before = joined[-1] if joined else None
        if before is None or piece.end - before.start > settings.maximum_chunk_size:
            joined.append(piece)
        elif min(before.end - before.start, piece.end - piece.start) < settings.minimum_chunk_size:
            before.end, before.last = piece.end, piece.last
        else:
            joined.append(piece)
    return joined


def _chunk(document: ParsedDocument, ordinal: int, piece: _Piece) -> Chunk:
    blocks = document.blocks[piece.first : piece.last + 1]
    pages = [block.page for block in blocks if block.page is not None]
    return Chunk(
        ordinal=ordinal,
        start=piece.start,
        end=piece.end,
        content=document.text[piece.start : piece.end],
        min_page=min(pages, default=None),
        max_page=max(pages, default=None),
        heading_path=_path(blocks[0]),
        block_types=tuple(dict.fromkeys(block.type for block in blocks)),
        first_block=piece.first,
        last_block=piece.last,
    )


def _path(first: Block) -> tuple[str, ...]:
    """Returns the headings above the chunk. If it begins with a heading, that is the last of them."""
    if first.type in HEADINGS:
        return (*first.heading_path, " ".join(first.text.split())[:200])
    return first.heading_path
