"""Stale passages: published ones that lack a vector of the current embedding model."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from citewell.embedding.protocol import Embedder
from citewell.models.passage import partition_name


async def has_stale(connection: AsyncConnection, project_id: UUID, embedder: Embedder) -> bool:
    """Whether a passage of the project is stale; False if the project was deleted in the meantime."""
    statement = text(f"SELECT EXISTS (SELECT FROM {partition_name(project_id)} WHERE {_stale(embedder)})")  # noqa: S608
    try:
        return bool(await connection.scalar(statement, _parameters(embedder)))
    except ProgrammingError:
        return False


async def find_stale_version(session: AsyncSession, project_id: UUID, embedder: Embedder) -> UUID | None:
    """Returns the id of a version with stale passages."""
    one = text(f"SELECT version_id FROM {partition_name(project_id)} WHERE {_stale(embedder)} LIMIT 1")  # noqa: S608
    found: UUID | None = await session.scalar(one, _parameters(embedder))
    return found


async def find_stale(
    session: AsyncSession, project_id: UUID, version_id: UUID, embedder: Embedder, limit: int
) -> Sequence[Row[Any]]:
    """Stale passages of the version: `chunk_id`, `ordinal`, `start_offset` and `end_offset` of each."""
    statement = text(
        f"SELECT chunk_id, ordinal, start_offset, end_offset FROM {partition_name(project_id)}"  # noqa: S608
        f" WHERE {_stale(embedder)} AND version_id = :version LIMIT {limit}"
    )
    return (await session.execute(statement, _parameters(embedder) | {"version": version_id})).all()


async def set_vectors(session: AsyncSession, project_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Give passages their vectors: `project`, `chunk`, `ordinal`, `vector` (as text) and `model` of each."""
    statement = text(
        f"UPDATE {partition_name(project_id)}"  # noqa: S608
        " SET embedding = CAST(:vector AS halfvec), embedding_model = :model"
        " WHERE project_id = :project AND chunk_id = :chunk AND ordinal = :ordinal"
    )
    await session.execute(statement, rows)


def _stale(embedder: Embedder) -> str:
    """Returns the SQL condition for stale passages: no vector of this model, in a language that it knows."""
    spoken = "" if embedder.languages is None else " AND language = ANY(:languages)"
    return f"embedding_model IS DISTINCT FROM :fingerprint{spoken}"


def _parameters(embedder: Embedder) -> dict[str, Any]:
    found: dict[str, Any] = {"fingerprint": embedder.fingerprint}
    return found if embedder.languages is None else found | {"languages": [*sorted(embedder.languages), "unknown"]}
