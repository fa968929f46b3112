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

ENOUGH = 0.4  # share from which a named document is searched alone
MOST = 5  # documents that are searched alone
_MANY = 20  # chunks of the named documents from which their ranking has its full weight


@dataclass(frozen=True)
class Weights:
    """The weights of what is added to the fused score of a chunk, which is between 0 and 2.

    `title` weighs the share of a document that the query names. `within` weighs the ranking inside the best named
    documents if these have many chunks. If they have one each, the ranking of all documents is better, because it also
    uses the naming words. `rows` weighs rows with the asked figures; `unnamed` is the share of it that counts if the
    query names no document. `foreign` is the share of all weights for a chunk in another language than the query: words
    hardly find such a chunk, so its fused score is at most about 1.
    """

    title: float = 0.5
    within: float = 2.0
    rows: float = 3.5
    unnamed: float = 0.3
    foreign: float = 0.5

    def of_ranking(self, chunks: int, documents: int) -> float:
        """Returns the weight of a ranking of `chunks` of `documents`. It is small for few chunks, whose order may be
        accidental.
        """
        return self.within * min(max(chunks - documents, 0) / _MANY, 1.0)


def best_named(named: Mapping[UUID, float]) -> list[UUID]:
    """Returns the documents to search alone: at most MOST, with at least 0.9 of the best one's share."""
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
        """Returns the passage with the asked figures, else the best one with neighbours (see `Fusion.span`)."""
        if chunk in self._rows:
            ordinal = self._rows[chunk][1]
            return Span(chunk, ordinal, ordinal, ordinal)
        if chunk in self._everywhere.scores or self._within is None:
            return self._everywhere.span(chunk)
        return self._within.span(chunk)
