"""Search by words: BM25 over the project's own passages and over local documents.

No text index holds local passages; a scan reads the few of a conversation and its agent. They are scored with the
project's term weights, so that their scores compare with those of its own passages.
"""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from citewell.db.direct import DirectConnection
from citewell.search.filters import SearchFilter
from citewell.search.repository import plain_bm25
from citewell.search.repository.candidates import PassageKey, by_words, scores_of
from citewell.search.repository.local_passages import index_weights, rank_local

_EVERY = 10  # passages of a ranking, of which one is scored and the others are interpolated


async def rank_words(
    connection: DirectConnection,
    project_id: UUID,
    terms: Sequence[str],
    depth: int,
    narrowed: SearchFilter,
    *,
    has_text_index: bool,
) -> list[PassageKey]:
    """Returns at most `depth` passages with any of the terms, by BM25, best first."""
    if has_text_index:
        ranking = await by_words(connection, project_id, terms, depth, narrowed)
    else:
        scores = await plain_bm25.rank(connection, project_id, terms, depth, narrowed)
        ranking = list(scores)
    if not narrowed.local_to:
        return ranking
    weigh = index_weights if has_text_index else plain_bm25.weights
    found = await rank_local(connection, project_id, await weigh(connection, project_id, terms), depth, narrowed)
    if not found:
        return ranking
    if has_text_index:
        scores = await _scores(connection, project_id, terms, ranking)
    both = scores | found
    return sorted(both, key=lambda passage: -both[passage])[:depth]


async def _scores(
    connection: DirectConnection, project_id: UUID, terms: Sequence[str], ranking: Sequence[PassageKey]
) -> dict[PassageKey, float]:
    """Returns approximate scores of ranked passages.

    Computing one takes a tenth of a millisecond. So every tenth is computed, and the others are interpolated.
    """
    if not ranking:
        return {}
    places = sorted({*range(0, len(ranking), _EVERY), len(ranking) - 1})
    sample = [ranking[place] for place in places]
    known = await scores_of(connection, project_id, terms, sample)
    values = [known.get(passage, 0.0) for passage in sample]
    between = np.interp(range(len(ranking)), places, values)
    return dict(zip(ranking, between.tolist(), strict=True))
