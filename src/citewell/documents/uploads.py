"""Adding documents and new versions, and PDFs that clients made of a document."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.local_to import LocalTo, reserve_room
from citewell.documents.repository.documents import find_by_name
from citewell.documents.repository.files import lock_files
from citewell.documents.repository.uploads import lock_digests
from citewell.documents.repository.versions import find_by_content, newest_version
from citewell.documents.service import get_document
from citewell.documents.unnamed_files import discard_unnamed
from citewell.errors import BadRequest, Conflict
from citewell.ingestion import pipeline
from citewell.ingestion.stages import UPLOADED
from citewell.kit.ids import new_id
from citewell.models import Document, DocumentVersion, PendingUpload, PipelineRun
from citewell.resources import Resources
from citewell.storage import StoredFile, document_prefix

MAX_NAME = 255


class UploadConfirmed(Conflict):
    """Another request has confirmed the same presigned upload."""


class NameTaken(Conflict):
    """Another upload has made a document of this name in the meantime."""


@dataclass(frozen=True)
class Upload:
    """One uploaded file.

    `metadata` is a list of [key, value] pairs. `document_id` is the id that a presigned upload promised. `folder` is
    where the file came from, if known. With `name_is_unique`, NameTaken is raised if a document has this name and
    folder. With `reserved_id`, the document gets this id, and no other document counts as the same. `source` says what
    brought the file, `origin` from where.
    """

    name: str
    content_type: str
    file: BinaryIO | AsyncIterator[bytes]
    metadata: list[list[str]]
    document_id: UUID | None = None
    folder: str | None = None
    name_is_unique: bool = False
    source: str = "upload"
    origin: Mapping[str, str] = field(default_factory=dict)
    reserved_id: UUID | None = None


@dataclass(frozen=True)
class _Stored:
    upload: Upload
    document_id: UUID
    key: str
    file: StoredFile


async def add_documents(
    resources: Resources,
    project_id: UUID,
    user_id: UUID | None,
    uploads: Sequence[Upload],
    *,
    skip_parsing: bool = False,
    scope: LocalTo | None = None,
) -> list[Document]:
    """Store the files, then add their rows, their run and its first jobs in one commit; returns a document for each.

    Uploading the same name and content again returns the existing document, with new metadata added. Files are written
    before the commit that names them: a crash in between leaves an orphaned file, never a document without its file.
    With a scope the documents are local, and no run shows them, because everybody in the project sees runs.
    """
    if scope is not None:
        async with resources.database.write() as session:
            await reserve_room(session, project_id, scope, len(uploads))  # before anything is stored
    stored: list[_Stored] = []
    try:
        for upload in uploads:
            stored.append(await _store(resources, project_id, upload))
        documents = await _add_stored(resources, project_id, user_id, stored, scope, skip_parsing=skip_parsing)
    except Exception:
        # Nothing of the request is kept; a file whose deletion is cut off here is an orphan, and goes within a day.
        for item in stored:
            await discard_unnamed(resources, project_id, item.document_id, [item.key])
        raise
    for item, document in zip(stored, documents, strict=True):
        if item.document_id != document.id:
            await discard_unnamed(resources, project_id, item.document_id, [item.key])
    return documents


async def _add_stored(
    resources: Resources,
    project_id: UUID,
    user_id: UUID | None,
    stored: Sequence[_Stored],
    scope: LocalTo | None,
    *,
    skip_parsing: bool,
) -> list[Document]:
    """Commits the rows of the stored files; returns a document for each, which may be one with the same content."""
    async with resources.database.write() as session:
        await lock_files(session, [item.document_id for item in stored])
        if scope is not None:
            await reserve_room(session, project_id, scope, len(stored))
        await _one_upload_at_a_time(session, stored)
        run = PipelineRun(project_id=project_id, id=new_id(), pipeline_name="ingestion", mode="upload", user_id=user_id)
        run_id = run.id if scope is None else None
        documents: list[Document] = []
        versions: list[DocumentVersion] = []
        for item in stored:
            await _check_name(session, project_id, item.upload)
            found = await _same_document(session, project_id, item, scope)
            if found is not None:
                same, version = found
                _add_metadata(same, item.upload.metadata)
                documents.append(same)
                if not skip_parsing and version.run_id is None and version.stage == UPLOADED:
                    version.run_id = run_id  # it was uploaded with skip_parsing before; now its processing is wanted
                    versions.append(version)
                continue
            documents.append(_document(project_id, user_id, item, scope))
            versions.append(_version(project_id, item, None if skip_parsing else run_id))
            session.add(documents[-1])
            await session.flush()
            session.add(versions[-1])
            await session.flush()
        if versions and not skip_parsing:
            if scope is None:
                session.add(run)
                await session.flush()
            await pipeline.start(session, resources.queue, versions, at_once=scope is not None)
        for item, document in zip(stored, documents, strict=True):
            if item.upload.document_id is not None:
                await _claim_upload(session, project_id, item.upload.document_id, document.id)
    return documents


async def _claim_upload(session: AsyncSession, project_id: UUID, upload_id: UUID, document_id: UUID) -> None:
    """Mark a pending upload as confirmed. Raises UploadConfirmed if another request was faster."""
    row = await session.get(PendingUpload, (project_id, upload_id), with_for_update=True, populate_existing=True)
    if row is None or row.confirmed_as is not None:
        raise UploadConfirmed("This upload was confirmed already.")
    row.confirmed_as = document_id


async def add_version(
    resources: Resources, project_id: UUID, user_id: UUID | None, document_id: UUID, upload: Upload
) -> Document:
    """Store a new file for a document; returns the document. Searches find the old version until the new one is
    complete, and citations of the old one stay open.

    The same content makes no new version. Raises BadRequest for a file with another suffix.
    """
    async with resources.database.read() as session:
        name = (await get_document(session, project_id, document_id)).name
    if PurePath(name).suffix.lower() != PurePath(upload.name).suffix.lower():
        raise BadRequest(f"A new version of {name} must be a file of the same kind, not {upload.name}.")
    version_id = new_id()
    key = f"{document_prefix(project_id, document_id)}/{version_id}/original"
    file = await resources.files.put_stream(key, upload.file, download_name=name)
    try:
        return await _add_version(resources, project_id, user_id, document_id, version_id, key, file)
    finally:  # where it is the same content again, or the document was deleted
        await discard_unnamed(resources, project_id, document_id, [key])


async def _add_version(
    resources: Resources,
    project_id: UUID,
    user_id: UUID | None,
    document_id: UUID,
    version_id: UUID,
    key: str,
    file: StoredFile,
) -> Document:
    async with resources.database.write() as session:
        document = await get_document(session, project_id, document_id, lock=True)
        newest = await newest_version(session, project_id, document_id)
        if newest.sha256 == file.sha256 and newest.stage != "failed":
            return document
        run = PipelineRun(project_id=project_id, id=new_id(), pipeline_name="ingestion", mode="version")
        run.user_id = user_id
        session.add(run)
        await session.flush()
        version = DocumentVersion(project_id=project_id, document_id=document_id, id=version_id, run_id=run.id)
        version.number, version.file_key = newest.number + 1, key
        version.sha256, version.file_size, version.stage = file.sha256, file.size, UPLOADED
        session.add(version)
        await session.flush()
        await pipeline.start(session, resources.queue, [version])
    return document


async def _one_upload_at_a_time(session: AsyncSession, stored: Sequence[_Stored]) -> None:
    """Lock content, and names that must be unique: a second upload of the same waits for the first one's document."""
    keys = {item.file.sha256 for item in stored}
    keys |= {sha256(item.upload.name.encode()).digest() for item in stored if item.upload.name_is_unique}
    await lock_digests(session, keys)


async def _check_name(session: AsyncSession, project_id: UUID, upload: Upload) -> None:
    if not upload.name_is_unique:
        return
    if await find_by_name(session, project_id, upload.name, upload.folder) is not None:
        raise NameTaken(f"There is a document {upload.name} already.")


async def _same_document(
    session: AsyncSession, project_id: UUID, item: _Stored, scope: LocalTo | None
) -> tuple[Document, DocumentVersion] | None:
    """Returns the document of this name, in the project or the scope, whose newest version has this content, unless
    that failed.
    """
    if item.upload.reserved_id is not None:
        return None
    local_to = scope.id if scope is not None else None
    return await find_by_content(session, project_id, item.upload.name, item.file.sha256, local_to)


def _add_metadata(document: Document, pairs: Sequence[list[str]]) -> None:
    new = [pair for pair in pairs if pair not in document.metadata_pairs]
    if new:
        document.metadata_pairs = [*document.metadata_pairs, *new]


async def _store(resources: Resources, project_id: UUID, upload: Upload) -> _Stored:
    document_id = upload.document_id or upload.reserved_id or new_id()
    key = f"{document_prefix(project_id, document_id)}/original"
    file = await resources.files.put_stream(key, upload.file, download_name=upload.name)
    return _Stored(upload, document_id, key, file)


def _document(project_id: UUID, user_id: UUID | None, item: _Stored, scope: LocalTo | None) -> Document:
    return Document(
        project_id=project_id,
        id=item.document_id,
        name=item.upload.name,
        content_type=item.upload.content_type,
        metadata_pairs=item.upload.metadata,
        source=item.upload.source,
        source_metadata={
            **({"folder": item.upload.folder} if item.upload.folder is not None else {}),
            **item.upload.origin,
        },
        created_by=user_id,
        file_key=item.key,
        file_size=item.file.size,
        local_to=scope.id if scope is not None else None,
        local_kind=scope.kind if scope is not None else None,
    )


def _version(project_id: UUID, item: _Stored, run_id: UUID | None) -> DocumentVersion:
    return DocumentVersion(
        project_id=project_id,
        document_id=item.document_id,
        run_id=run_id,
        stage=UPLOADED,
        file_key=item.key,
        file_size=item.file.size,
        sha256=item.file.sha256,
    )


async def set_computed_pdf(resources: Resources, project_id: UUID, document_id: UUID, file: BinaryIO) -> Document:
    """Store a PDF that a client made of the document, beside its original file."""
    async with resources.database.read() as session:
        name = (await get_document(session, project_id, document_id)).name
    key = f"{document_prefix(project_id, document_id)}/computed.pdf"
    await resources.files.put_stream(key, file, download_name=f"{name}.pdf")
    async with resources.database.write() as session:
        document = await get_document(session, project_id, document_id, lock=True)
        document.computed_pdf_key = key
        await session.flush()
        return document
