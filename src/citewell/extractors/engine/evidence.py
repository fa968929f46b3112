"""Evidence: the words that a value was read from, and what was done with them. Computed from the text of chunks."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from citewell.agent.knowledge import ChunkText
from citewell.kit.places import locate

Status = Literal["exact", "normalized", "derived", "missing"]
_MAX_CONFLICTS = 10
_MAX_BOXES = 20


class Source(msgspec.Struct, frozen=True):
    """Characters `start` to `end` of a chunk. `role`: value, unit, label, head of a column, or input of a sum."""

    chunk: ChunkText
    start: int
    end: int
    role: str = "value"

    @property
    def verbatim(self) -> str:
        return self.chunk.content[self.start : self.end]

    def to_wire(self) -> dict[str, Any]:
        place = locate(self.chunk, self.start, self.end)
        stated = {"confidence": place.confidence} if place.confidence is not None else {}
        return {
            "role": self.role,
            "chunk_id": str(self.chunk.chunk_id),
            "start": self.start,
            "end": self.end,
            "verbatim": self.verbatim,
            "min_page": place.min_page,
            "max_page": place.max_page,
            "place": place.place,
            "boxes": _boxes(self),
            **stated,
        }


class Found(msgspec.Struct, frozen=True):
    """A typed value of a field. The first of `sources` holds it; a value with several of the role `input` was computed
    from them. `score`, from 0 to about 1, says how surely the place is that of the field."""

    value: Any
    sources: tuple[Source, ...]
    score: float
    unit: str = ""
    currency: str = ""
    conflicts: tuple["Found", ...] = ()

    @property
    def status(self) -> Status:
        if any(source.role == "input" for source in self.sources):
            return "derived"
        return "exact" if is_written(self.value, self.sources[0].verbatim) else "normalized"

    def to_wire(self, version_id: UUID | None) -> dict[str, Any]:
        """Returns the evidence as it stands beside the value."""
        first, *others = self.sources
        stated = {name: text for name, text in (("unit", self.unit), ("currency", self.currency)) if text}
        wire = {
            "status": self.status,
            "document_id": str(first.chunk.document_id),
            "document_version_id": str(version_id) if version_id else None,
            **first.to_wire(),
            **stated,
        }
        if self.status == "derived":
            wire["inputs"] = [source.to_wire() for source in self.sources]
        elif others:
            wire["inputs"] = [source.to_wire() for source in others]
        if self.conflicts:
            wire["conflicts"] = [
                {"value": one.value, "evidence": one.to_wire(version_id)} for one in self.conflicts[:_MAX_CONFLICTS]
            ]
        return wire


MISSING: dict[str, Any] = {"status": "missing"}


def distinct(best: Found, others: Sequence[Found]) -> tuple[Found, ...]:
    """Returns the candidates with another value than the best, one of each value."""
    seen = {repr(best.value)}
    kept = []
    for one in others:
        if repr(one.value) not in seen:
            seen.add(repr(one.value))
            kept.append(one)
    return tuple(kept)


def is_written(value: Any, verbatim: str) -> bool:
    """Whether the words are the value, letter by letter."""
    if isinstance(value, bool):
        return False
    if isinstance(value, float) and value == int(value):
        return verbatim in (str(value), str(int(value)))
    return str(value) == verbatim


def pages_of(found: Sequence[Found]) -> tuple[int | None, int | None]:
    """Returns the first and the last page on which values stand."""
    places = [locate(source.chunk, source.start, source.end) for one in found for source in one.sources[:1]]
    pages = [page for place in places for page in (place.min_page, place.max_page) if page is not None]
    return min(pages, default=None), max(pages, default=None)


class _Box(msgspec.Struct):
    start: int
    end: int
    type: str = "text"
    page: int | None = None
    bbox: Any = None


_decode = msgspec.json.Decoder(list[_Box]).decode


def _boxes(source: Source) -> list[dict[str, Any]]:
    """Page and box of each block that the span touches, where the block has a box."""
    return [
        {"page": block.page, "bbox": block.bbox}
        for block in _decode(source.chunk.blocks)
        if block.bbox is not None and block.start < source.end and source.start < block.end
    ][:_MAX_BOXES]
