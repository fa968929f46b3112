"""Merges adjacent chunks of a document into one result."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from citewell.search.hits import SearchHit

MAX_CHUNKS = 3  # chunks in one result


@dataclass(frozen=True)
class Merged:
    """A merged result. `best` is the best hit; `hits` are all of them in reading order."""

    best: SearchHit
    hits: tuple[SearchHit, ...]
    score: float

    @property
    def content(self) -> str:
        """The text of the chunks, with white space between two chunks if the document has some there."""
        parts = [self.hits[0].content]
        for hit in self.hits[1:]:
            parts += [hit.content] if parts[-1][-1:].isspace() or not parts[-1] else ["\n\n", hit.content]
        return "".join(parts)

    @property
    def chunk_ids(self) -> list[UUID]:
        """The ids of the chunks, the best first."""
        return [self.best.chunk_id, *(hit.chunk_id for hit in self.hits if hit is not self.best)]


def merge(hits: Sequence[SearchHit], score: str | None = None) -> list[Merged]:
    """Merges hits, which come best first, with their neighbours among the hits, at most MAX_CHUNKS each.

    `score` names the field that is shown as the score. Hits without it show the fused score.
    """
    by_place = {(hit.version_id, hit.ordinal): hit for hit in hits}
    merged: list[Merged] = []
    for best in hits:
        if by_place.get((best.version_id, best.ordinal)) is not best:
            continue  # already merged into a better one
        group = [by_place.pop((best.version_id, best.ordinal))]
        while len(group) < MAX_CHUNKS:
            after = by_place.pop((best.version_id, group[-1].ordinal + 1), None)
            before = by_place.pop((best.version_id, group[0].ordinal - 1), None) if after is None else None
            if after is None and before is None:
                break
            group = [*group, after] if after is not None else [*([before] if before else []), *group]
        shown = getattr(best, score) if score else None
        merged.append(Merged(best, tuple(group), best.score if shown is None else shown))
    return merged
