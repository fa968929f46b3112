"""Another embedding model: passages with vectors of an older one get new ones, in the background.

Vectors of different models are never compared, so until a passage has its new vector, its words find it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from citewell.db.partitions import ensure_vector_index
from citewell.ingestion.passages import indexed_text
from citewell.jobs import defer_once
from citewell.models import Project
from citewell.models.passage import partition_name, vector_literal
from citewell.resources import Resources

log = structlog.get_logger(__name__)

_BATCH = 128


async def embed_stale_projects(resources: Resources) -> None:
    """Queue the projects that hold vectors of another model, or none where this model speaks the language.

    Each is looked at by itself: one statement on the partitions of thousands would lock them all at once, which is more
    than a server has room for.
    """
    if resources.embedder is None:
        return
    async with resources.database.autocommit() as connection:
        projects = list(await connection.scalars(select(Project.id).where(Project.deleted_at.is_(None))))
        stale = [project_id for project_id in projects if await _has_stale(resources, connection, project_id)]
    async with resources.database.write() as session:
        for project_id in stale:
            await defer_once(session, resources.queue, "maintenance:embed_project", project_id=str(project_id))


async def _has_stale(resources: Resources, connection: AsyncConnection, project_id: UUID) -> bool:
    statement = text(f"SELECT EXISTS (SELECT FROM {partition_name(project_id)} WHERE {_stale(resources)})")  # noqa: S608
    try:
        return bool(await connection.scalar(statement, _parameters(resources)))
    except ProgrammingError:
        return False  # the project was deleted in the meantime


async def embed_stale_passages(resources: Resources, project_id: UUID) -> int:
    """How many passages were embedded. One batch a transaction: what is interrupted goes on where it was."""
    done = 0
    while rows := await _next(resources, project_id):
        assert resources.embedder is not None
        vectors = await resources.embedder.embed([_text(row) for row in rows])
        updates = [
            {
                "project": project_id,
                "chunk": row.chunk_id,
                "ordinal": row.ordinal,
                "vector": vector_literal(vector),
                "model": resources.embedder.fingerprint,
            }
            for row, vector in zip(rows, vectors, strict=True)
        ]
        async with resources.database.write() as session:
            await session.execute(_update(project_id), updates)
        done += len(rows)
    if done:
        async with resources.database.autocommit(statement_seconds=0) as connection:
            await ensure_vector_index(connection, project_id)
        log.info("project_embedded", project=str(project_id), passages=done)
    return done


async def _next(resources: Resources, project_id: UUID) -> Sequence[Any]:
    if resources.embedder is None:
        return []
    statement = text(
        "SELECT p.chunk_id, p.ordinal, d.name, c.heading_path,"  # noqa: S608
        " substring(c.content FROM p.start_offset + 1 FOR p.end_offset - p.start_offset) AS passage"
        f" FROM (SELECT * FROM {partition_name(project_id)} WHERE {_stale(resources)} LIMIT {_BATCH}) p"
        " JOIN chunks c ON c.project_id = :project AND c.id = p.chunk_id"
        " JOIN documents d ON d.project_id = :project AND d.id = p.document_id"
    )
    async with resources.database.read() as session:
        return (await session.execute(statement, _parameters(resources) | {"project": project_id})).all()


def _text(row: Any) -> str:
    return indexed_text(row.name, row.heading_path, row.passage)


def _stale(resources: Resources) -> str:
    """A condition: without a vector of the model of today, and in a language that it speaks."""
    speaks_all = resources.embedder is None or resources.embedder.languages is None
    spoken = "" if speaks_all else " AND language = ANY(:languages)"
    return f"embedding_model IS DISTINCT FROM :fingerprint{spoken}"


def _parameters(resources: Resources) -> dict[str, Any]:
    assert resources.embedder is not None
    languages = resources.embedder.languages
    found: dict[str, Any] = {"fingerprint": resources.embedder.fingerprint}
    return found if languages is None else found | {"languages": [*sorted(languages), "unknown"]}


def _update(project_id: UUID) -> Any:
    return text(
        f"UPDATE {partition_name(project_id)}"  # noqa: S608
        " SET embedding = CAST(:vector AS halfvec), embedding_model = :model"
        " WHERE project_id = :project AND chunk_id = :chunk AND ordinal = :ordinal"
    )
