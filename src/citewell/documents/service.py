"""The rules of documents: how they come in and how they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.errors import NotFound
from citewell.ingestion.steps import ENDED
from citewell.jobs import defer
from citewell.kit.ids import new_id
from citewell.models import Document, DocumentVersion, PipelineRun
from citewell.models.passage import remove_document
from citewell.runtime import Runtime
from citewell.storage import StoredFile, document_prefix

MAX_NAME = 255


@dataclass(frozen=True)
class Upload:
    """One file as it came in. `metadata` is a list of [key, value] pairs."""

    name: str
    content_type: str
    file: BinaryIO
    metadata: list[list[str]]


@dataclass(frozen=True)
class _Stored:
    upload: Upload
    document_id: UUID
    key: str
    file: StoredFile


async def add_documents(
    runtime: Runtime,
    project_id: UUID,
    user_id: UUID,
    uploads: Sequence[Upload],
    *,
    skip_parsing: bool = False,
) -> list[Document]:
    """Store the files, then their rows, their run and its first jobs in one commit.

    Files are written before the commit that names them, so what has been acknowledged is there; a crash in between
    leaves a file that nothing names, never a document without its file.
    """
    stored = [await _store(runtime, project_id, upload) for upload in uploads]
    async with runtime.database.begin() as session:
        run = PipelineRun(project_id=project_id, id=new_id(), pipeline_name="ingestion", mode="upload", user_id=user_id)
        if not skip_parsing:
            session.add(run)
            await session.flush()
        documents = [_document(project_id, user_id, item) for item in stored]
        session.add_all(documents)
        await session.flush()
        versions = [_version(project_id, item, None if skip_parsing else run.id) for item in stored]
        session.add_all(versions)
        await session.flush()
        if not skip_parsing:
            for version in versions:
                await runtime.pipeline.start(session, version)
    return documents


async def _store(runtime: Runtime, project_id: UUID, upload: Upload) -> _Stored:
    document_id = new_id()
    key = f"{document_prefix(project_id, document_id)}/original"
    return _Stored(upload, document_id, key, await runtime.files.put_stream(key, upload.file))


def _document(project_id: UUID, user_id: UUID, item: _Stored) -> Document:
    return Document(
        project_id=project_id,
        id=item.document_id,
        name=item.upload.name,
        content_type=item.upload.content_type,
        metadata_pairs=item.upload.metadata,
        created_by=user_id,
        file_key=item.key,
        file_size=item.file.size,
    )


def _version(project_id: UUID, item: _Stored, run_id: UUID | None) -> DocumentVersion:
    return DocumentVersion(
        project_id=project_id,
        document_id=item.document_id,
        run_id=run_id,
        file_key=item.key,
        sha256=item.file.sha256,
    )


async def list_documents(
    session: AsyncSession, project_id: UUID, limit: int, offset: int
) -> tuple[int, list[Document]]:
    """Documents that are not deleted or being deleted, newest first."""
    live = (Document.project_id == project_id) & (Document.status == "active")
    count = await session.scalar(select(func.count()).select_from(Document).where(live))
    rows = await session.scalars(
        select(Document).where(live).order_by(Document.created_at.desc(), Document.id).limit(limit).offset(offset)
    )
    return count or 0, list(rows)


async def get_document(session: AsyncSession, project_id: UUID, document_id: UUID) -> Document:
    document = await session.get(Document, (project_id, document_id))
    if document is None or document.status != "active":
        raise NotFound("There is no such document in this project.")
    return document


async def indexing_rows(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID] | None
) -> list[tuple[Document, DocumentVersion]]:
    """Each document with its newest version, deleted ones included."""
    newest = (
        select(DocumentVersion.document_id, func.max(DocumentVersion.number).label("number"))
        .where(DocumentVersion.project_id == project_id)
        .group_by(DocumentVersion.document_id)
        .subquery()
    )
    query = (
        select(Document, DocumentVersion)
        .join(
            DocumentVersion,
            (DocumentVersion.project_id == Document.project_id) & (DocumentVersion.document_id == Document.id),
        )
        .join(
            newest,
            (newest.c.document_id == DocumentVersion.document_id) & (newest.c.number == DocumentVersion.number),
        )
        .where(Document.project_id == project_id)
        .order_by(Document.id)
    )
    if document_ids is not None:
        query = query.where(Document.id.in_(document_ids))
    return [(document, version) for document, version in (await session.execute(query)).all()]


async def delete_document(runtime: Runtime, project_id: UUID, document_id: UUID) -> None:
    """No search finds the document from this commit on; its files and chunks follow in the background."""
    async with runtime.database.begin() as session:
        document = await session.get(Document, (project_id, document_id), with_for_update=True)
        if document is None or document.status != "active":
            raise NotFound("There is no such document in this project.")
        document.status = "deleting"
        await remove_document(session, project_id, document_id)
        await _stop_versions(runtime, session, project_id, document_id)
        await defer(
            session,
            runtime.queue,
            "maintenance:delete_document",
            project_id=str(project_id),
            document_id=str(document_id),
        )


async def _stop_versions(runtime: Runtime, session: AsyncSession, project_id: UUID, document_id: UUID) -> None:
    """Whatever step is still under way finds its stage moved and gives up; the run does not wait for it."""
    stopped = await session.scalars(
        update(DocumentVersion)
        .where(
            DocumentVersion.project_id == project_id,
            DocumentVersion.document_id == document_id,
            DocumentVersion.stage.not_in(ENDED),
        )
        .values(stage="deleted")
        .returning(DocumentVersion)
    )
    for version in stopped.all():
        await runtime.pipeline.finish_run(session, version)


async def live_count(database: Database, project_id: UUID) -> int:
    query = select(func.count()).where(Document.project_id == project_id, Document.live_version_id.is_not(None))
    async with database.sessions() as session:
        return await session.scalar(query) or 0
