"""The results of a search, and how they are spread over pages."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec

from citewell.kit.places import Place, locate

SAME_PAGE = 0.8  # share of its score that a chunk keeps for each better chunk of its page


class FoundChunk(msgspec.Struct, frozen=True):
    """A chunk with its best passage: the characters from `passage_start` to `passage_end` of `content`.

    The passage includes neighbours that also score high. `min_page`, `max_page` and `heading_path` are the chunk's,
    `blocks` its blocks as JSON. `score` is the fused score; it is only good for ordering. `similarity` is the cosine of
    the best passage and the query: None if the passage is not among the nearest, or if no vectors were searched.
    """

    chunk_id: UUID
    document_id: UUID
    document_name: str
    content: str
    passage_start: int
    passage_end: int
    min_page: int | None
    max_page: int | None
    heading_path: tuple[str, ...]
    score: float
    similarity: float | None
    blocks: str = "[]"

    @property
    def place(self) -> Place:
        """The place of the best passage."""
        return locate(self, self.passage_start, self.passage_end)


class SearchHit(FoundChunk, frozen=True, kw_only=True):
    """A chunk that a search found. `ordinal` is its position in its document version."""

    version_id: UUID
    ordinal: int


def spread(hits: Sequence[SearchHit]) -> list[SearchHit]:
    """Reorders the hits so that one page with many chunks does not take all places.

    The score of a hit is multiplied by SAME_PAGE for each better hit of its page. Hits without pages keep their score.
    """
    seen: Counter[tuple[UUID, int]] = Counter()
    weighed = []
    for hit in hits:
        page = hit.place.min_page
        before = 0
        if page is not None:
            before = seen[hit.document_id, page]
            seen[hit.document_id, page] += 1
        weighed.append((hit.score * SAME_PAGE**before, hit))
    return [hit for _, hit in sorted(weighed, key=lambda pair: pair[0], reverse=True)]
