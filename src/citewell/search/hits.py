"""What a search finds, and how results are spread over pages."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import msgspec

from citewell.kit.places import Place, locate

SAME_PAGE = 0.8  # of its score keeps a chunk for each better one on its page


class SearchHit(msgspec.Struct, frozen=True):
    """A chunk; `passage_start` and `passage_end` are its best passage with those neighbours that rank high as well,
    in characters of `content`. `ordinal` is the chunk's place in its document version.

    `min_page`, `max_page` and `heading_path` are the chunk's; `blocks` are its blocks as JSON.

    `score` is the fused one, only good for ordering. `similarity` is the cosine of its best passage to the query; None
    where that is not among the nearest, or where vectors did not take part.
    """

    chunk_id: UUID
    ordinal: int
    document_id: UUID
    version_id: UUID
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
