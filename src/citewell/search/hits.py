"""What a search finds, and how results are spread over pages."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec

from citewell.kit.places import Place, locate

SAME_PAGE = 0.8  # of its score keeps a chunk for each better one on its page


class FoundChunk(msgspec.Struct, frozen=True):
    """A chunk with its best passage: characters `passage_start` to `passage_end` of `content`, with those neighbours
    that rank high as well.

    `min_page`, `max_page` and `heading_path` are the chunk's, `blocks` its blocks as JSON. `score` is the fused one,
    only good for ordering. `similarity` is the cosine of the best passage to the query; None if that is not among the
    nearest, or no vectors were searched.
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
        """Where the best passage stands."""
        return locate(self, self.passage_start, self.passage_end)


class SearchHit(FoundChunk, frozen=True, kw_only=True):
    """A chunk that a search found. `ordinal` is its position in its document version."""

    version_id: UUID
    ordinal: int


def spread(hits: Sequence[SearchHit]) -> list[SearchHit]:
    """The hits in a new order: one whose page has better ones counts less, so that a page with many chunks does not
    take all places. What has no pages keeps its order."""
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
