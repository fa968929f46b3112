"""BM25 on any PostgreSQL: for databases without the extension `pg_textsearch`.

Each project has a table beside its partition with a row for every term of every passage, kept up by triggers on the
partition, so whoever publishes or deletes passages need not know. A row without a term carries the passage's length.
Slower than the extension, by the number of passages that hold the query's terms, and the same ranking.
"""

from collections.abc import Sequence
from uuid import UUID

from citewell.db.direct import DirectConnection, fetch
from citewell.db.partitions import BM25_B, BM25_K1, terms_table
from citewell.models.passage import partition_name
from citewell.search.filters import EVERYTHING, SearchFilter


async def rank(
    connection: DirectConnection,
    project_id: UUID,
    terms: Sequence[str],
    depth: int,
    narrowed: SearchFilter = EVERYTHING,
) -> dict[tuple[UUID, int], float]:
    """Passages (chunk and ordinal) with any of the terms and their scores, best first."""
    table, conditions = terms_table(project_id), narrowed.conditions()
    passing = ""
    if conditions:
        chosen = f"SELECT chunk_id, ordinal FROM {partition_name(project_id)} WHERE {' AND '.join(conditions)}"  # noqa: S608
        passing = f" JOIN ({chosen}) AS passing USING (chunk_id, ordinal)"
    statement = (
        "WITH stats AS MATERIALIZED (SELECT count(*)::float8 AS passages, avg(length)::float8 AS mean"  # noqa: S608
        f" FROM {table} WHERE term = ''),"
        " hits AS MATERIALIZED (SELECT term, chunk_id, ordinal, tf::float8, length::float8"
        f" FROM {table} WHERE term = ANY(%(terms)s)),"
        " weights AS (SELECT term, ln(1 + (passages - found + 0.5) / (found + 0.5)) AS idf"
        " FROM (SELECT term, count(*) AS found FROM hits GROUP BY term) AS counted, stats)"
        " SELECT chunk_id, ordinal,"
        f" sum(idf * tf * ({BM25_K1} + 1) / (tf + {BM25_K1} * (1 - {BM25_B} + {BM25_B} * length / mean))) AS score"
        f" FROM hits JOIN weights USING (term){passing} CROSS JOIN stats"
        f" GROUP BY chunk_id, ordinal ORDER BY score DESC, chunk_id, ordinal LIMIT {depth:d}"
    )
    found = await fetch(connection, statement, narrowed.parameters() | {"terms": list(terms)})
    return {(row.chunk_id, row.ordinal): row.score for row in found}
