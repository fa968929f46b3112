"""The place of a span in its document: pages, the place in words, and the headings above it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

_COUNTED = re.compile(r"(?P<before>.*?)(?P<noun>[a-z]+) (?P<number>\d+)\Z", re.DOTALL)
_CELLS = re.compile(
    r"(?P<sheet>.*)!(?P<left>[A-Z]{1,3})(?P<top>\d+)(?::(?P<right>[A-Z]{1,3})(?P<bottom>\d+))?\Z", re.DOTALL
)
HEADINGS = ("title", "section_heading")  # types of blocks
_MAX_HEADING = 200  # characters
_CERTAIN = 0.7


class PlacedPart(msgspec.Struct, frozen=True):
    """A part of a block that has its own place. Offsets count characters of the chunk's content."""

    start: int
    end: int
    page: int | None = None
    place: str | None = None


class PlacedBlock(msgspec.Struct, frozen=True):
    """A block as stored with its chunk. Offsets count characters of the chunk's content. `above` lists the parent
    headings of a heading."""

    type: str
    start: int
    end: int
    page: int | None = None
    place: str | None = None
    above: list[str] | None = None
    confidence: float | None = None
    parts: list[PlacedPart] = []


class Place(msgspec.Struct, frozen=True):
    """The place of a span.

    `place` is for people: "page 3", "pages 3 to 4", "Prices!A7:C9". `heading_path` lists its headings, outermost first.
    `confidence` (0 to 1) is the lowest OCR confidence in the span.
    """

    min_page: int | None
    max_page: int | None
    place: str | None
    heading_path: tuple[str, ...]
    confidence: float | None = None

    @property
    def warning(self) -> str | None:
        """The warning that readers of the quote see."""
        if self.confidence is None or self.confidence >= _CERTAIN:
            return None
        return f"Read with little certainty ({round(100 * self.confidence)} %): compare it with the page."


_decode = msgspec.json.Decoder(list[PlacedBlock]).decode


_MAX_PAGE = 1_000_000


def page_of(value: Any) -> int | None:
    """Returns the number of a page in a client's row; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_PAGE else None


def placed_blocks(blocks: Any, length: int) -> list[dict[str, Any]]:
    """Returns the blocks of a client's row that say where they stand in a content of this many characters, as `locate`
    can read them.
    """
    return [block for block in blocks if _is_placed(block, length)] if isinstance(blocks, list) else []


def blocks_with_contents(blocks: Sequence[Mapping[str, Any]], content: str) -> list[dict[str, Any]]:
    """Returns the blocks of a chunk, each with its part of the chunk's content."""
    return [{**block, "content": content[block["start"] : block["end"]]} for block in blocks]


def _is_placed(block: Any, length: int) -> bool:
    try:
        read = msgspec.convert(block, PlacedBlock)
    except msgspec.ValidationError:
        return False
    box = block.get("bbox")
    has_box = box is None or (
        isinstance(box, list) and len(box) == 4 and all(isinstance(one, int | float) for one in box)
    )
    pages_fit = read.page is None or page_of(read.page) is not None
    return has_box and pages_fit and 0 <= read.start <= read.end <= length


class Placed(Protocol):
    """A chunk, or an object with the fields of one. `blocks` is the JSON of its blocks; pages and headings are the
    chunk's."""

    @property
    def content(self) -> str: ...
    @property
    def blocks(self) -> str: ...
    @property
    def min_page(self) -> int | None: ...
    @property
    def max_page(self) -> int | None: ...
    @property
    def heading_path(self) -> tuple[str, ...]: ...


class PlacedChunk(msgspec.Struct, frozen=True):
    """The fields of a chunk that `locate` needs."""

    content: str
    blocks: str
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]


def locate(chunk: Placed, start: int, end: int) -> Place:
    """Returns the place of the characters from `start` to `end` of a chunk's content.

    Blocks stored by earlier versions have at most a page, which is their place; without a page it is the chunk's place.
    """
    found = _decode(chunk.blocks)
    path = _path(found, chunk, start)
    touched = [block for block in found if block.start < end and start < block.end]
    places = [place for block in touched for place in _places(block, start, end)]
    if all(place == (None, None) for place in places):
        places = [(page, None) for page in (chunk.min_page, chunk.max_page)]
    pages = [page for page, _ in places if page is not None]
    named = list(dict.fromkeys(place or (f"page {page}" if page else "") for page, place in places))
    confidences = [block.confidence for block in touched if block.confidence is not None]
    return Place(
        min(pages, default=None),
        max(pages, default=None),
        joined([place for place in named if place]),
        path,
        min(confidences, default=None),
    )


def _places(block: PlacedBlock, start: int, end: int) -> Iterator[tuple[int | None, str | None]]:
    inside = [part for part in block.parts if part.start < end and start < part.end]
    for part in inside:
        page = part.page if part.page is not None else block.page
        yield page, part.place or (block.place if part.page is None else None)
    # Text outside of the parts has the block's own place; line breaks between parts do not count.
    wanted = min(end, block.end) - max(start, block.start)
    covered = sum(min(end, part.end) - max(start, part.start) for part in inside)
    if not inside or covered + 2 * len(inside) < wanted:
        yield block.page, block.place


def _path(blocks: Sequence[PlacedBlock], chunk: Placed, start: int) -> tuple[str, ...]:
    """Returns the heading path at the span: the chunk's, updated by the headings of the chunk that stand before the
    span.
    """
    before = [block for block in blocks if block.type in HEADINGS and block.start <= start]
    if not before or before[-1].start == blocks[0].start:
        return chunk.heading_path  # which ends with the heading that the chunk begins with
    nearest = before[-1]
    heading = " ".join(chunk.content[nearest.start : nearest.end].split())[:_MAX_HEADING]
    above = nearest.above if nearest.above is not None else chunk.heading_path[:1]
    return (*above, heading)


def joined(places: Sequence[str]) -> str | None:
    """Joins places in text order: pages 3 to 4, Prices!A7:C9, chapter 2 to paragraph 5."""
    if not places:
        return None
    if len(places) == 1:
        return places[0]
    return _counted(places) or _cells(places) or f"{places[0]} to {places[-1]}"


def _counted(places: Sequence[str]) -> str | None:
    found = [_COUNTED.match(place) for place in places]
    first = found[0]
    if first is None or any(
        one is None or one["before"] != first["before"] or one["noun"] != first["noun"] for one in found
    ):
        return None
    numbers = [int(one["number"]) for one in found if one is not None]
    return f"{first['before']}{first['noun']}s {min(numbers)} to {max(numbers)}"


def _cells(places: Sequence[str]) -> str | None:
    """Returns the smallest range around ranges of one sheet."""
    found = [_CELLS.match(place) for place in places]
    ranges = [one for one in found if one is not None]
    if len(ranges) < len(places) or len({one["sheet"] for one in ranges}) > 1:
        return None
    columns = sorted(
        {one[side] for one in ranges for side in ("left", "right") if one[side]}, key=lambda x: (len(x), x)
    )
    rows = [int(one[side]) for one in ranges for side in ("top", "bottom") if one[side]]
    return f"{ranges[0]['sheet']}!{columns[0]}{min(rows)}:{columns[-1]}{max(rows)}"
