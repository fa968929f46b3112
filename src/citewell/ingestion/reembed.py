"""Embeds passages again, in the background, after the embedding model was changed.

Vectors of different models are never compared, so until a passage has its new vector, only its words find it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from citewell.db.partitions import ensure_vector_index
from citewell.ingestion.context import DocumentContext
from citewell.ingestion.passages import Passage
from citewell.ingestion.repository.passages import find_chunks
from citewell.ingestion.repository.projects import find_active_projects
from citewell.ingestion.repository.stale_passages import find_stale, find_stale_version, has_stale, set_vectors
from citewell.jobs.progress import note_progress
from citewell.jobs.publishing import defer_once
from citewell.models import Chunk, Document, DocumentVersion
from citewell.models.passage import vector_literal
from citewell.resources import Resources

log = structlog.get_logger(__name__)

_BATCH = 128


@dataclass(frozen=True)
class _Stale:
    """A passage with an old vector, and the text that is embedded for it."""

    chunk_id: UUID
    ordinal: int
    text: str


@dataclass(frozen=True)
class _Version:
    """A document version with its chunks by id."""

    id: UUID
    context: DocumentContext
    chunks: Mapping[UUID, Chunk]


async def embed_stale_projects(resources: Resources) -> None:
    """Queue the projects with passages that lack a vector of the current model.

    One statement for each project: a single one over the partitions of thousands of projects would need more locks than
    a server has.
    """
    embedder = resources.embedder
    if embedder is None:
        return
    async with resources.database.autocommit() as connection:
        projects = await find_active_projects(connection)
        stale = [project_id for project_id in projects if await has_stale(connection, project_id, embedder)]
    async with resources.database.write() as session:
        for project_id in stale:
            await defer_once(session, resources.queue, "maintenance:embed_project", project_id=str(project_id))


async def embed_stale_passages(resources: Resources, project_id: UUID) -> int:
    """Embed the project's stale passages and return how many. Each batch has its own transaction, so an interrupted run
    goes on where it was."""
    done = 0
    while (found := await _next_version(resources, project_id)) is not None:
        while rows := await _stale_passages(resources, project_id, found):
            await _embed(resources, project_id, rows)
            done += len(rows)
    if done:
        async with resources.database.autocommit(statement_seconds=0) as connection:
            await ensure_vector_index(connection, project_id)
        log.info("project_embedded", project=str(project_id), passages=done)
    return done


async def _embed(resources: Resources, project_id: UUID, rows: Sequence[_Stale]) -> None:
    assert resources.embedder is not None
    vectors = await resources.embedder.embed([row.text for row in rows])
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
        await set_vectors(session, project_id, updates)
        await note_progress(session)


async def _next_version(resources: Resources, project_id: UUID) -> _Version | None:
    """Returns the next document version with passages to embed; None if there is none.

    It is read whole, because the context of a passage comes from the whole document.
    """
    if resources.embedder is None:
        return None
    async with resources.database.read() as session:
        version_id = await find_stale_version(session, project_id, resources.embedder)
        if version_id is None:
            return None
        version = await session.get_one(DocumentVersion, (project_id, version_id))
        document = await session.get_one(Document, (project_id, version.document_id))
        chunks = {chunk.id: chunk for chunk in await find_chunks(session, project_id, version.id)}
    return _Version(version.id, DocumentContext(document.name, version.title, chunks.values()), chunks)


async def _stale_passages(resources: Resources, project_id: UUID, version: _Version) -> list[_Stale]:
    """Returns the next passages of the version to embed."""
    assert resources.embedder is not None
    async with resources.database.read() as session:
        rows = await find_stale(session, project_id, version.id, resources.embedder, _BATCH)
    return [
        _Stale(
            row.chunk_id,
            row.ordinal,
            version.context.indexed_text(
                version.chunks[row.chunk_id], Passage(row.ordinal, row.start_offset, row.end_offset)
            ),
        )
        for row in rows
    ]
