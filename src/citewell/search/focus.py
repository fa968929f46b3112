"""Ranks the documents that a question names first, without hiding any other.

A document whose name, title or first page the question mentions gets a boost in proportion to the share that is
mentioned. The best named documents are also searched alone, without the words that name them, so that their best
passages are found even where many other passages are as near. All other documents keep their order.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from uuid import UUID

from citewell.search.fuse import Fusion
from citewell.search.repository.candidates import Facts, Span

ENOUGH = 0.4  # of a document, to be searched by itself
MOST = 5  # documents that are
_MANY = 20  # chunks of the named documents, among which the ranking says much


@dataclass(frozen=True)
class Weights:
    """What counts beside the fused score of a chunk, which is between 0 and 2.

    `within` weighs the ranking inside the best named documents if these have many chunks. If they have one each, the
    ranking of all documents knows better which of them is best, because it looks for the naming words too. `rows`
    weighs rows with the asked figures; `unnamed` is the part of it that counts if the query names no document.
    `foreign` is the part of all of it that counts for a chunk in another language than the query: words hardly find
    such a chunk, so its fused score ends at 1 and not at 2."""

    title: float = 0.5
    within: float = 2.0
    rows: float = 3.5
    unnamed: float = 0.3
    foreign: float = 0.5

    def of_ranking(self, chunks: int, documents: int) -> float:
        """The weight of a ranking of so many chunks of so many documents. It is small for few chunks, where the first
        may be first by chance."""
        return self.within * min(max(chunks - documents, 0) / _MANY, 1.0)


def best_named(named: Mapping[UUID, float]) -> list[UUID]:
    """The documents to search alone: those that are named nearly as well as the best one."""
    best = sorted((key for key in named if named[key] >= ENOUGH), key=lambda key: -named[key])
    return [key for key in best if named[key] >= 0.9 * named[best[0]]][:MOST]


class Focused:
    """Joins the ranking of all chunks with the ranking of the named documents' chunks."""

    def __init__(
        self,
        everywhere: Fusion,
        within: Fusion | None,
        named: Mapping[UUID, float],
        facts: Mapping[UUID, Facts],
        weights: Weights,
        rows: Mapping[UUID, tuple[float, int]] | None = None,
        foreign: Set[UUID] = frozenset(),
    ) -> None:
        """`foreign` are the chunks in another language than the query."""
        self._everywhere = everywhere
        self._within = within
        inside = within.scores if within is not None else {}
        documents = {facts[chunk].document_id for chunk in inside if chunk in facts}
        weight = weights.of_ranking(len(inside), len(documents))
        self.scores = dict(everywhere.scores)
        self._rows = rows or {}
        is_focused = named or inside or self._rows  # else no score changes
        for chunk in dict.fromkeys([*everywhere.scores, *inside, *self._rows]) if is_focused else ():
            share = named.get(facts[chunk].document_id, 0.0) if chunk in facts else 0.0
            boost = share * (weights.title + weight * inside.get(chunk, 0.0))
            boost += (
                (share if within is not None else share + weights.unnamed)
                * weights.rows
                * self._rows.get(chunk, (0.0, 0))[0]
            )
            boost *= weights.foreign if chunk in foreign else 1.0
            self.scores[chunk] = everywhere.scores.get(chunk, 0.0) + boost
        self.chunks: list[UUID] = sorted(self.scores, key=self.scores.__getitem__, reverse=True)

    def span(self, chunk: UUID) -> Span:
        """The chunk's best passage with the neighbours that also score high."""
        if chunk in self._rows:
            ordinal = self._rows[chunk][1]
            return Span(chunk, ordinal, ordinal, ordinal)
        if chunk in self._everywhere.scores or self._within is None:
            return self._everywhere.span(chunk)
        return self._within.span(chunk)
