"""Search by words in local passages, which are in no text index, and the weights of the project's terms for it."""

import math
from collections.abc import Mapping, Sequence
from uuid import UUID

from citewell.db.direct import DirectConnection, fetch
from citewell.db.partitions import BM25_B, BM25_K1, text_index_name
from citewell.models.passage import partition_name
from citewell.search.filters import SearchFilter
from citewell.search.repository.candidates import PassageKey
from citewell.search.repository.filtering import conditions_of, parameters_of

# A text of one single term scores the term's weight times this, if the project's passages are longer.
_ALONE = (BM25_K1 + 1) / (1 + BM25_K1 * (1 - BM25_B))


async def index_weights(connection: DirectConnection, project_id: UUID, terms: Sequence[str]) -> dict[str, float]:
    """Returns the inverse document frequency of each term.

    The index has no function for frequencies, so they are derived from its scores. A term that no passage has gets the
    weight of the rarest term.
    """
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


async def rank_local(
    connection: DirectConnection, project_id: UUID, weights: Mapping[str, float], depth: int, narrowed: SearchFilter
) -> dict[PassageKey, float]:
    """Returns the local passages with any of the terms and their BM25 scores, best first, at most `depth`."""
    saturation = f"tf + {BM25_K1} * (1 - {BM25_B} + {BM25_B} * length / mean)"
    statement = (
        "WITH found AS MATERIALIZED (SELECT terms.* FROM"  # noqa: S608
        f" (SELECT chunk_id, ordinal, content FROM {partition_name(project_id)}"
        f" WHERE {conditions_of(narrowed, local=True)}) AS passing,"
        " passage_terms(passing.chunk_id, passing.ordinal, passing.content) AS terms),"
        " stats AS (SELECT avg(length)::float8 AS mean FROM found WHERE term = ''),"
        " weights AS (SELECT *"
        " FROM unnest(CAST(%(terms)s AS text[]), CAST(%(weights)s AS float8[])) AS given (term, weight))"
        f" SELECT chunk_id, ordinal, sum(weight * tf * ({BM25_K1} + 1) / ({saturation})) AS score"
        " FROM found JOIN weights USING (term) CROSS JOIN stats"
        f" GROUP BY chunk_id, ordinal ORDER BY score DESC, chunk_id, ordinal LIMIT {depth:d}"
    )
    parameters = {"terms": list(weights), "weights": list(weights.values())}
    rows = await fetch(connection, statement, parameters_of(narrowed) | parameters)
    return {(row.chunk_id, row.ordinal): row.score for row in rows}
