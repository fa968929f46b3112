"""The rules of documents: how they come in and how they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from citewell.db.engine import Database
from citewell.errors import BadRequest, NotFound
from citewell.ingestion.pipeline import STEPS
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
    """One file as it came in. `metadata` is a list of [key, value] pairs; the id was promised to the client."""

    name: str
    content_type: str
    file: BinaryIO
    metadata: list[list[str]]
    document_id: UUID | None = None


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

    A file that the project has already, by name and content, is the document that it was: nothing is done again, and
    metadata that is new is added. Files are written before the commit that names them, so what has been acknowledged
    is there; a crash in between leaves a file that nothing names, never a document without its file.
    """
    stored = [await _store(runtime, project_id, upload) for upload in uploads]
    spare: list[_Stored] = []
    async with runtime.database.begin() as session:
        await _one_upload_at_a_time(session, stored)
        run = PipelineRun(project_id=project_id, id=new_id(), pipeline_name="ingestion", mode="upload", user_id=user_id)
        documents: list[Document] = []
        versions: list[DocumentVersion] = []
        for item in stored:
            found = await _same_document(session, project_id, item)
            if found is not None:
                same, version = found
                spare.append(item)
                _add_metadata(same, item.upload.metadata)
                documents.append(same)
                if not skip_parsing and version.run_id is None and version.stage == STEPS[0].needs:
                    version.run_id = run.id  # it came with skip_parsing before, and is wanted now
                    versions.append(version)
                continue
            documents.append(_document(project_id, user_id, item))
            versions.append(_version(project_id, item, None if skip_parsing else run.id))
            session.add(documents[-1])
            await session.flush()
            session.add(versions[-1])
            await session.flush()
        if versions and not skip_parsing:
            session.add(run)
            await session.flush()
            for version in versions:
                await runtime.pipeline.start(session, version)
    for item in spare:
        await runtime.files.delete(item.key)
    return documents


async def add_version(runtime: Runtime, project_id: UUID, user_id: UUID, document_id: UUID, upload: Upload) -> Document:
    """A new file for a document. Searches see the old version until the new one is whole; its citations stay open.

    The same content again is no new version. Raises BadRequest for a file of another kind: its name has another
    suffix.
    """
    async with runtime.database.sessions() as session:
        name = (await get_document(session, project_id, document_id)).name
    if PurePath(name).suffix.lower() != PurePath(upload.name).suffix.lower():
        raise BadRequest(f"A new version of {name} must be a file of the same kind, not {upload.name}.")
    version_id = new_id()
    key = f"{document_prefix(project_id, document_id)}/{version_id}/original"
    file = await runtime.files.put_stream(key, upload.file)
    async with runtime.database.begin() as session:
        document = await get_document(session, project_id, document_id, lock=True)
        newest = await _newest_version(session, project_id, document_id)
        spare = newest.sha256 == file.sha256
        if not spare:
            run = PipelineRun(project_id=project_id, id=new_id(), pipeline_name="ingestion", mode="version")
            run.user_id = user_id
            session.add(run)
            await session.flush()
            version = DocumentVersion(project_id=project_id, document_id=document_id, id=version_id, run_id=run.id)
            version.number, version.file_key = newest.number + 1, key
            version.sha256, version.file_size, version.stage = file.sha256, file.size, STEPS[0].needs
            session.add(version)
            await session.flush()
            await runtime.pipeline.start(session, version)
    if spare:
        await runtime.files.delete(key)
    return document


async def _newest_version(session: AsyncSession, project_id: UUID, document_id: UUID) -> DocumentVersion:
    query = select(DocumentVersion).where(
        DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    )
    return (await session.scalars(query.order_by(DocumentVersion.number.desc()).limit(1))).one()


async def next_number(session: AsyncSession, project_id: UUID, document_id: UUID) -> int:
    """The number of the document's next version. The caller holds the document's lock."""
    return (await _newest_version(session, project_id, document_id)).number + 1


async def _one_upload_at_a_time(session: AsyncSession, stored: Sequence[_Stored]) -> None:
    """Of uploads with the same file, the second waits until the first one's document is there to be found."""
    for number in sorted({int.from_bytes(item.file.sha256[:8], signed=True) for item in stored}):
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def _same_document(
    session: AsyncSession, project_id: UUID, item: _Stored
) -> tuple[Document, DocumentVersion] | None:
    """The project's document of this name whose newest version has this content, unless that failed."""
    newer = aliased(DocumentVersion)
    is_newest = ~(
        select(newer.id)
        .where(newer.project_id == project_id, newer.document_id == DocumentVersion.document_id)
        .where(newer.number > DocumentVersion.number)
        .exists()
    )
    query = (
        select(Document, DocumentVersion)
        .join(
            DocumentVersion,
            (DocumentVersion.project_id == Document.project_id) & (DocumentVersion.document_id == Document.id),
        )
        .where(Document.project_id == project_id, Document.status == "active", Document.name == item.upload.name)
        .where(DocumentVersion.sha256 == item.file.sha256, DocumentVersion.stage != "failed", is_newest)
        .order_by(Document.id)
        .limit(1)
        .with_for_update(of=Document)
    )
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row is not None else None


def _add_metadata(document: Document, pairs: Sequence[list[str]]) -> None:
    new = [pair for pair in pairs if pair not in document.metadata_pairs]
    if new:
        document.metadata_pairs = [*document.metadata_pairs, *new]


async def _store(runtime: Runtime, project_id: UUID, upload: Upload) -> _Stored:
    document_id = upload.document_id or new_id()
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
        stage=STEPS[0].needs,
        file_key=item.key,
        file_size=item.file.size,
        sha256=item.file.sha256,
    )


async def list_documents(
    session: AsyncSession, project_id: UUID, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    """Documents that are not deleted or being deleted and meet the conditions, newest first."""
    live = and_(Document.project_id == project_id, Document.status == "active", *conditions)
    count = await session.scalar(select(func.count()).select_from(Document).where(live))
    rows = await session.scalars(
        select(Document).where(live).order_by(Document.created_at.desc(), Document.id).limit(limit).offset(offset)
    )
    return count or 0, list(rows)


async def get_document(session: AsyncSession, project_id: UUID, document_id: UUID, *, lock: bool = False) -> Document:
    """Raises NotFound for one that is deleted as well. With `lock`, nobody else changes it in the meantime."""
    document = await session.get(Document, (project_id, document_id), with_for_update=lock)
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


async def set_computed_pdf(runtime: Runtime, project_id: UUID, document_id: UUID, file: BinaryIO) -> Document:
    """Keep a PDF that a client made of the document, beside the file that it was made of."""
    async with runtime.database.sessions() as session:
        await get_document(session, project_id, document_id)
    key = f"{document_prefix(project_id, document_id)}/computed.pdf"
    await runtime.files.put_stream(key, file)
    async with runtime.database.begin() as session:
        document = await get_document(session, project_id, document_id, lock=True)
        document.computed_pdf_key = key
        await session.flush()
        return document
