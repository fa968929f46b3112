"""Where a value stands: document, chunk, characters, exact words, page. Computed from the text."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from citewell.agent.knowledge import ChunkText
from citewell.kit.places import locate

Status = Literal["exact", "normalized", "derived", "missing"]


@dataclass(frozen=True)
class Found:
    """A value with the span of the chunk that gives it. `value` is the typed one, `start` and `end` characters."""

    value: Any
    chunk: ChunkText
    start: int
    end: int

    @property
    def verbatim(self) -> str:
        return self.chunk.content[self.start : self.end]

    @property
    def status(self) -> Status:
        """`exact` where the value is written as the words are, `normalized` where it was read out of them."""
        return "exact" if str(self.value) == self.verbatim else "normalized"

    def to_wire(self) -> dict[str, Any]:
        place = locate(self.chunk, self.start, self.end)
        return {
            "status": self.status,
            "document_id": str(self.chunk.document_id),
            "chunk_id": str(self.chunk.chunk_id),
            "start": self.start,
            "end": self.end,
            "verbatim": self.verbatim,
            "min_page": place.min_page,
            "max_page": place.max_page,
            "place": place.place,
        }


MISSING: dict[str, Any] = {"status": "missing"}


def pages_of(found: list[Found]) -> tuple[int | None, int | None]:
    """The first and the last page on which values stand."""
    places = [locate(one.chunk, one.start, one.end) for one in found]
    pages = [page for place in places for page in (place.min_page, place.max_page) if page is not None]
    return (min(pages), max(pages)) if pages else (None, None)


def block_ids(found: list[Found]) -> list[UUID]:
    return list(dict.fromkeys(one.chunk.chunk_id for one in found))
