"""BM25 on any PostgreSQL: for databases without the extension `pg_textsearch`.

Each project has a table beside its partition, with a row for every term of every passage. Triggers on the partition
keep it up to date, so code that publishes or deletes passages need not know of it. A row without a term holds the
passage's length. Local passages have no rows.

The ranking equals the extension's. The time grows with the number of passages that have the query's terms.
"""

from collections.abc import Sequence
from uuid import UUID

from citewell.db.direct import DirectConnection, fetch
from citewell.db.partitions import BM25_B, BM25_K1, terms_table
from citewell.models.passage import partition_name
from citewell.search.filters import EVERYTHING, SearchFilter
from citewell.search.repository.filtering import conditions_of, parameters_of


async def rank(
    connection: DirectConnection,
    project_id: UUID,
    terms: Sequence[str],
    depth: int,
    narrowed: SearchFilter = EVERYTHING,
) -> dict[tuple[UUID, int], float]:
    """Returns the project's own passages (chunk, ordinal) with any of the terms, with their scores, best first."""
    table, passing = terms_table(project_id), ""
    if narrowed.is_narrow:
        conditions = conditions_of(narrowed)
        chosen = f"SELECT chunk_id, ordinal FROM {partition_name(project_id)} WHERE {conditions}"  # noqa: S608
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
    found = await fetch(connection, statement, parameters_of(narrowed) | {"terms": list(terms)})
    return {(row.chunk_id, row.ordinal): row.score for row in found}


async def weights(connection: DirectConnection, project_id: UUID, terms: Sequence[str]) -> dict[str, float]:
    """Returns the inverse document frequency of each term among the project's own passages."""
    table = terms_table(project_id)
    statement = (
        "SELECT asked.term, ln(1 + (passages - found + 0.5) / (found + 0.5)) AS weight"  # noqa: S608
        f" FROM (SELECT count(*)::float8 AS passages FROM {table} WHERE term = '') AS stats,"
        " unnest(CAST(%(terms)s AS text[])) AS asked (term)"
        f" CROSS JOIN LATERAL (SELECT count(*)::float8 AS found FROM {table} WHERE term = asked.term) AS counted"
    )
    rows = await fetch(connection, statement, {"terms": sorted(set(terms))})
    return {row.term: row.weight for row in rows}
