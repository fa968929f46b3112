"""Search by words: BM25 over the project's own passages and over local documents.

No text index holds local passages; a scan reads the few of a conversation and its agent. They are scored with the
project's term weights, so that their scores compare with those of its own passages.
"""

import math
from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from citewell.db.direct import DirectConnection, fetch
from citewell.db.partitions import BM25_B, BM25_K1, text_index_name
from citewell.models.passage import partition_name
from citewell.search import plain_bm25
from citewell.search.candidates import PassageKey, by_words, scores_of
from citewell.search.filters import SearchFilter

_EVERY = 10
# A text of one single term scores the term's weight times this, if the project's passages are longer.
_ALONE = (BM25_K1 + 1) / (1 + BM25_K1 * (1 - BM25_B))


async def rank_words(
    connection: DirectConnection,
    project_id: UUID,
    terms: Sequence[str],
    depth: int,
    narrowed: SearchFilter,
    *,
    has_text_index: bool,
) -> list[PassageKey]:
    """The passages with any of the terms, by BM25, best first."""
    if has_text_index:
        ranking = await by_words(connection, project_id, terms, depth, narrowed)
    else:
        scores = await plain_bm25.rank(connection, project_id, terms, depth, narrowed)
        ranking = list(scores)
    if not narrowed.local_to:
        return ranking
    weigh = _weights if has_text_index else plain_bm25.weights
    found = await _local(connection, project_id, await weigh(connection, project_id, terms), depth, narrowed)
    if not found:
        return ranking
    if has_text_index:
        scores = await _scores(connection, project_id, terms, ranking)
    both = scores | found
    return sorted(both, key=lambda passage: -both[passage])[:depth]


async def _scores(
    connection: DirectConnection, project_id: UUID, terms: Sequence[str], ranking: Sequence[PassageKey]
) -> dict[PassageKey, float]:
    """Approximate scores of ranked passages: computed for every tenth (each takes a tenth of a millisecond) and
    interpolated between."""
    if not ranking:
        return {}
    places = sorted({*range(0, len(ranking), _EVERY), len(ranking) - 1})
    sample = [ranking[place] for place in places]
    known = await scores_of(connection, project_id, terms, sample)
    values = [known.get(passage, 0.0) for passage in sample]
    between = np.interp(range(len(ranking)), places, values)
    return dict(zip(ranking, between.tolist(), strict=True))


async def _weights(connection: DirectConnection, project_id: UUID, terms: Sequence[str]) -> dict[str, float]:
    """The inverse document frequency of each term, taken from scores of the index, which gives no frequencies. A term
    that the project does not have gets the weight of the rarest."""
    index = text_index_name(project_id)
    statement = (
        f"SELECT term, -(term <@> to_bm25query(term, '{index}')) AS score,"  # noqa: S608
        f" (SELECT reltuples FROM pg_class WHERE oid = CAST('{index}' AS regclass)) AS passages"
        " FROM unnest(CAST(%(terms)s AS text[])) AS asked (term)"
    )
    rows = await fetch(connection, statement, {"terms": sorted(set(terms))})
    return {row.term: row.score / _ALONE if row.score > 0 else _unseen(row.passages) for row in rows}


def _unseen(passages: float) -> float:
    return math.log(1 + (max(passages, 1.0) + 0.5) / 0.5)


async def _local(
    connection: DirectConnection, project_id: UUID, weights: Mapping[str, float], depth: int, narrowed: SearchFilter
) -> dict[PassageKey, float]:
    """The local passages with any of the terms and their BM25 scores, best first."""
    saturation = f"tf + {BM25_K1} * (1 - {BM25_B} + {BM25_B} * length / mean)"
    statement = (
        "WITH found AS MATERIALIZED (SELECT terms.* FROM"  # noqa: S608
        f" (SELECT chunk_id, ordinal, content FROM {partition_name(project_id)}"
        f" WHERE {' AND '.join(narrowed.conditions(local=True))}) AS passing,"
        " passage_terms(passing.chunk_id, passing.ordinal, passing.content) AS terms),"
        " stats AS (SELECT avg(length)::float8 AS mean FROM found WHERE term = ''),"
        " weights AS (SELECT *"
        " FROM unnest(CAST(%(terms)s AS text[]), CAST(%(weights)s AS float8[])) AS given (term, weight))"
        f" SELECT chunk_id, ordinal, sum(weight * tf * ({BM25_K1} + 1) / ({saturation})) AS score"
        " FROM found JOIN weights USING (term) CROSS JOIN stats"
        f" GROUP BY chunk_id, ordinal ORDER BY score DESC, chunk_id, ordinal LIMIT {depth:d}"
    )
    parameters = {"terms": list(weights), "weights": list(weights.values())}
    rows = await fetch(connection, statement, narrowed.parameters() | parameters)
    return {(row.chunk_id, row.ordinal): row.score for row in rows}
