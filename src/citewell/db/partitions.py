"""The partition of `passages` that each project has, and the indexes on it."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.extensions import Extensions
from citewell.models.passage import TABLE, partition_name

# Measured on SciFact and XQuAD, see search/README.md.
BM25_K1 = 1.2
BM25_B = 0.75
# Below this an exact scan is as fast, and it is exact.
VECTOR_INDEX_FROM = 5_000


def text_index_name(project_id: UUID) -> str:
    return f"{partition_name(project_id)}_bm25"


def vector_index_name(project_id: UUID) -> str:
    return f"{partition_name(project_id)}_hnsw"


async def create_project_partition(connection: AsyncConnection, project_id: UUID, extensions: Extensions) -> None:
    """Make the project's partition, in the connection's transaction.

    It is attached rather than created as a partition, because that does not lock out the searches of other projects.
    """
    name = partition_name(project_id)
    await connection.execute(text(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)"))
    if extensions.text_search:
        await connection.execute(
            text(
                f"CREATE INDEX {text_index_name(project_id)} ON {name} USING bm25 (content)"
                f" WITH (text_config = 'simple', k1 = {BM25_K1}, b = {BM25_B})"
            )
        )
    await connection.execute(text(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES IN ('{project_id}')"))


async def drop_project_partition(connection: AsyncConnection, project_id: UUID) -> None:
    """Drop the partition with all its passages. Locks the parent table until the transaction ends: keep it short."""
    await connection.execute(text("DELETE FROM staged_passages WHERE project_id = :project"), {"project": project_id})
    await connection.execute(text(f"DROP TABLE IF EXISTS {partition_name(project_id)}"))


async def ensure_vector_index(connection: AsyncConnection, project_id: UUID) -> bool:
    """Build the HNSW index of a project that has grown past VECTOR_INDEX_FROM vectors; true if it was built.

    The connection must be in autocommit: writers are not blocked while the index is built. An index that a crash left
    half-built is made again. If the passages have vectors of several models, the commonest is indexed.
    """
    model = await _commonest_model(connection, project_id)
    if model is None:
        return False
    fingerprint, count, dimensions = model
    name = vector_index_name(project_id)
    if count < VECTOR_INDEX_FROM or await _is_valid(connection, name):
        return False
    await connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
    literal = fingerprint.replace("'", "''").replace(":", "\\:")
    await connection.execute(
        text(
            f"CREATE INDEX CONCURRENTLY {name} ON {partition_name(project_id)}"
            f" USING hnsw ((embedding::halfvec({dimensions})) halfvec_cosine_ops)"
            f" WHERE embedding_model = '{literal}'"
        )
    )
    return True


async def _commonest_model(connection: AsyncConnection, project_id: UUID) -> tuple[str, int, int] | None:
    """Fingerprint, number of vectors and dimensions."""
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
