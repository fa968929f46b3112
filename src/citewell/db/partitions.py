"""The partition of `passages` that each project has, and the indexes on it.

Words are searched with a BM25 index of the extension `pg_textsearch`. A database without it has a table of terms beside
each partition, which triggers keep up to date, so code that publishes or deletes passages need not know of it.

No index for words or vectors holds passages of local documents: a scan reads the few of one conversation, and searches
of the project do not pay for them. With many local passages the vector index is built early, because an exact scan of
the partition would read them all.
"""

import hashlib
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.extensions import Extensions
from citewell.models.passage import TABLE, partition_name

# The usual values. Others gained at most .003 in nDCG@10 of SciFact (benchmarks/README.md).
BM25_K1 = 1.2
BM25_B = 0.75
# Below this number an exact scan is as fast.
VECTOR_INDEX_FROM = 5_000


def text_index_name(project_id: UUID) -> str:
    return f"{partition_name(project_id)}_bm25"


def terms_table(project_id: UUID) -> str:
    return f"{partition_name(project_id)}_terms"


def vector_index_name(project_id: UUID, fingerprint: str) -> str:
    return f"{partition_name(project_id)}_hnsw_{hashlib.sha256(fingerprint.encode()).hexdigest()[:8]}"


async def create_project_partition(connection: AsyncConnection, project_id: UUID, extensions: Extensions) -> None:
    """Make the project's partition, in the connection's transaction.

    The table is created first and then attached, which does not block the searches of other projects.
    """
    name = partition_name(project_id)
    await connection.execute(text(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)"))
    await _make_text_index(connection, project_id, extensions)
    await connection.execute(text(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES IN ('{project_id}')"))


async def drop_project_partition(connection: AsyncConnection, project_id: UUID) -> None:
    """Drop the partition with all its passages. Locks the parent table until the transaction ends: keep it short."""
    await connection.execute(text("DELETE FROM staged_passages WHERE project_id = :project"), {"project": project_id})
    await connection.execute(text(f"DROP TABLE IF EXISTS {partition_name(project_id)}"))
    await connection.execute(text(f"DROP TABLE IF EXISTS {terms_table(project_id)}"))


async def ensure_text_indexes(connection: AsyncConnection, extensions: Extensions) -> int:
    """Give every partition the kind of text index that this database uses. Returns how many had the other kind, as
    after the extension was installed, or after a move to a server without it.

    Each partition has its own transaction: the connection must be in autocommit.
    """
    suffix, other = ("bm25", "terms") if extensions.text_search else ("terms", "bm25")
    found = await connection.scalars(
        text(
            "SELECT CAST(substring(child.relname FROM 10) AS uuid) FROM pg_inherits"
            " JOIN pg_class child ON child.oid = inhrelid"
            " WHERE inhparent = CAST(:parent AS regclass)"
            " AND to_regclass(quote_ident(child.relname || :suffix)) IS NULL"
        ),
        {"parent": TABLE, "suffix": f"_{suffix}"},
    )
    projects = list(found)
    for project_id in projects:
        if other == "terms":
            await _drop_terms(connection, project_id)
        await _make_text_index(connection, project_id, extensions)
    return len(projects)


def _create_bm25(name: str, table: str) -> str:
    return (
        f"CREATE INDEX {name} ON {table} USING bm25 (content)"
        f" WITH (text_config = 'simple', k1 = {BM25_K1}, b = {BM25_B}) WHERE local_to IS NULL"
    )


async def rebuild_text_index(connection: AsyncConnection, project_id: UUID, comment: str) -> None:
    """Build the project's BM25 index anew, and swap it for the old one in one statement. `comment` describes it.

    REINDEX would keep the index's identity. Connections that wrote to it before would then go on writing to the old
    one's memory, which no other connection reads, so searches would miss whatever they publish (pg_textsearch 1.0).
    """
    name = text_index_name(project_id)
    fresh = f"{name}_new"
    statements = (
        _create_bm25(fresh, partition_name(project_id)),
        f"DROP INDEX {name}",
        f"ALTER INDEX {fresh} RENAME TO {name}",
        f"COMMENT ON INDEX {name} IS '{comment}'",
    )
    await connection.exec_driver_sql(f"DO $$ BEGIN {'; '.join(statements)}; END $$")


async def _make_text_index(connection: AsyncConnection, project_id: UUID, extensions: Extensions) -> None:
    name, terms = partition_name(project_id), terms_table(project_id)
    if extensions.text_search:
        await connection.exec_driver_sql(_create_bm25(text_index_name(project_id), name))
        return
    for statement in (
        f"CREATE TABLE {terms} (term text NOT NULL, chunk_id uuid NOT NULL, ordinal int NOT NULL, tf int NOT NULL,"
        " length int NOT NULL, PRIMARY KEY (term, chunk_id, ordinal) INCLUDE (tf, length))",
        f"CREATE INDEX ON {terms} (chunk_id, ordinal)",
        f"CREATE TRIGGER terms_added AFTER INSERT ON {name} REFERENCING NEW TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION passage_terms_added()",
        f"CREATE TRIGGER terms_removed AFTER DELETE ON {name} REFERENCING OLD TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION passage_terms_removed()",
        f"INSERT INTO {terms} SELECT found.* FROM {name}, passage_terms(chunk_id, ordinal, content) AS found"  # noqa: S608
        " WHERE local_to IS NULL",
    ):
        await connection.execute(text(statement))


async def _drop_terms(connection: AsyncConnection, project_id: UUID) -> None:
    for trigger in ("terms_added", "terms_removed"):
        await connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger} ON {partition_name(project_id)}"))
    await connection.execute(text(f"DROP TABLE IF EXISTS {terms_table(project_id)}"))


async def wants_vector_index(connection: AsyncConnection, project_id: UUID) -> bool:
    """Whether the project has more than VECTOR_INDEX_FROM passages and no vector index. A quick look."""
    name = partition_name(project_id)
    found = await connection.scalar(
        text(
            "SELECT NOT EXISTS (SELECT FROM pg_indexes WHERE tablename = :name AND indexname LIKE :indexes)"  # noqa: S608
            f" AND (SELECT count(*) FROM (SELECT FROM {name} LIMIT :enough) AS counted) = :enough"
        ),
        {"name": name, "indexes": f"{name}\\_hnsw%", "enough": VECTOR_INDEX_FROM},
    )
    return bool(found)


async def ensure_vector_index(connection: AsyncConnection, project_id: UUID) -> bool:
    """Build the HNSW index of a project with more than VECTOR_INDEX_FROM vectors. Returns whether it was built.

    The connection must be in autocommit, so that writers are not blocked. An index that a crash left half-built is
    built again. If the passages have vectors of several models, those of the most common model are indexed, and indexes
    for other models are dropped.
    """
    model = await _commonest_model(connection, project_id)
    if model is None:
        return False
    fingerprint, count, dimensions = model
    name, table = vector_index_name(project_id, fingerprint), partition_name(project_id)
    if count < VECTOR_INDEX_FROM or await _is_valid(connection, name):
        return False
    await connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
    literal = fingerprint.replace("'", "''").replace(":", "\\:")
    # Holds the graph of about 300,000 passages; a larger one is built more slowly.
    await connection.execute(text("SET maintenance_work_mem = '512MB'"))
    await connection.execute(
        text(
            f"CREATE INDEX CONCURRENTLY {name} ON {table}"
            f" USING hnsw ((embedding::halfvec({dimensions})) halfvec_cosine_ops)"
            f" WHERE embedding_model = '{literal}' AND local_to IS NULL"
        )
    )
    await connection.execute(text("RESET maintenance_work_mem"))
    others = await connection.scalars(
        text(
            "SELECT indexname FROM pg_indexes WHERE tablename = :table AND indexname LIKE :some AND indexname <> :name"
        ),
        {"table": table, "some": f"{table}\\_hnsw%", "name": name},
    )
    for other in list(others):
        await connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {other}"))
    return True


async def _commonest_model(connection: AsyncConnection, project_id: UUID) -> tuple[str, int, int] | None:
    """(fingerprint, number of vectors, dimensions) of the most common model."""
    found = await connection.execute(
        text(
            "SELECT embedding_model, count(*), min(vector_dims(embedding))"  # noqa: S608
            f" FROM {partition_name(project_id)} WHERE embedding IS NOT NULL"
            " GROUP BY embedding_model ORDER BY count(*) DESC LIMIT 1"
        )
    )
    row = found.one_or_none()
    return (row[0], row[1], row[2]) if row is not None else None


async def _is_valid(connection: AsyncConnection, index: str) -> bool:
    found = await connection.execute(
        text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": index}
    )
    return bool(found.scalar_one_or_none())
