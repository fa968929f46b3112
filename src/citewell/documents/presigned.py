"""Presigned uploads: large files, optionally in parts, without holding them in memory.

The URL contains a secret that allows sending this one file and nothing else. Received data is kept in `incoming/`, and
an interrupted transfer is resumed after its last byte. The confirmation moves the file into the store and queues its
processing. If clients can reach the object store, the URL is one of the store's.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents import uploads
from citewell.documents.incoming import Incoming, Received, forget, incoming_file
from citewell.documents.repository.uploads import delete_expired_of_project
from citewell.documents.repository.versions import indexing_rows
from citewell.errors import BadRequest, Forbidden, NotFound, TooLarge
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import Document, DocumentVersion, PendingUpload
from citewell.resources import Resources


async def announce(
    resources: Resources, project_id: UUID, user_id: UUID, name: str, content_type: str
) -> tuple[PendingUpload, str]:
    """Creates a pending upload; returns it and the secret in its URL."""
    secret = secrets.token_urlsafe(32)
    until = now() + timedelta(seconds=resources.settings.upload_url_seconds)
    async with resources.database.write() as session:
        gone = await delete_expired_of_project(session, project_id, now())
        row = PendingUpload(project_id=project_id, id=new_id(), name=name, content_type=content_type)
        row.secret_hash, row.expires_at, row.created_by = _hash(secret), until, user_id
        session.add(row)
        await session.flush()
    for upload_id in gone:
        await forget(resources, project_id, upload_id)
    return row, secret


async def pending_upload(session: AsyncSession, project_id: UUID, upload_id: UUID) -> PendingUpload:
    """Returns the pending upload. Raises NotFound if it was confirmed already, or has expired."""
    row = await session.get(PendingUpload, (project_id, upload_id))
    if row is None or row.expires_at < now() or row.confirmed_as is not None:
        raise NotFound("There is no such upload in this project: ask for a new upload_url.")
    return row


async def open_upload(
    session: AsyncSession, resources: Resources, project_id: UUID, upload_id: UUID, secret: str
) -> Incoming:
    """Returns the file behind a presigned URL of this server. Raises Forbidden if the URL is wrong, expired or used."""
    row = await session.get(PendingUpload, (project_id, upload_id))
    right = row is not None and hmac.compare_digest(row.secret_hash, _hash(secret))
    if row is None or not right or row.expires_at < now() or row.confirmed_as is not None:
        raise Forbidden("This address is not valid or has expired: ask for a new one.")
    return incoming_file(resources, project_id, upload_id)


async def confirm(
    resources: Resources, project_id: UUID, user_id: UUID, upload_id: UUID, *, skip_parsing: bool
) -> tuple[Document, UUID | None]:
    """Makes a document of the uploaded file; returns it and the id of its run.

    Idempotent, even if confirmations are concurrent. Raises BadRequest if the file is incomplete, TooLarge, and
    NotFound for an upload that was never announced or has expired.
    """
    async with resources.database.read() as session:
        row = await session.get(PendingUpload, (project_id, upload_id))
    if row is None or row.confirmed_as is not None:
        return await _confirmed(resources, project_id, upload_id)
    incoming, limit = incoming_file(resources, project_id, upload_id), resources.settings.max_upload_bytes
    if not resources.files.is_local and (await incoming.received()).size > limit:  # an object store has no such limit
        await incoming.forget()
        raise TooLarge(f"The file is too large: at most {limit:,} bytes are accepted (CITEWELL_MAX_UPLOAD_BYTES).")
    try:
        async with incoming.content() as content:
            upload = uploads.Upload(row.name, row.content_type, content, [], document_id=upload_id)
            [document] = await uploads.add_documents(
                resources, project_id, user_id, [upload], skip_parsing=skip_parsing
            )
    except uploads.UploadConfirmed:
        return await _confirmed(resources, project_id, upload_id)
    except FileNotFoundError:
        return await _confirmed(resources, project_id, upload_id, await incoming.received())
    await incoming.forget()
    return document, await _run_of(resources, document)


async def _confirmed(
    resources: Resources, project_id: UUID, upload_id: UUID, there: Received | None = None
) -> tuple[Document, UUID | None]:
    """Returns the document of an upload that was confirmed before, and its run. Raises BadRequest if it has no file."""
    async with resources.database.read() as session:
        row = await session.get(PendingUpload, (project_id, upload_id))
        if there is not None and row is not None and row.confirmed_as is None:
            raise BadRequest(
                f"The file has not arrived completely: {there.size} bytes are stored. Send it to its upload_url."
            )
        document_id = row.confirmed_as or upload_id if row is not None else upload_id
        document = await session.get(Document, (project_id, document_id))
    if document is None or document.status != "active" or document.local_to is not None:
        raise NotFound("There is no such upload in this project: ask for a new upload_url.")
    return document, await _run_of(resources, document)


async def _run_of(resources: Resources, document: Document) -> UUID | None:
    async with resources.database.read() as session:
        rows = await indexing_rows(session, document.project_id, [document.id])
    version: DocumentVersion = rows[0][1]
    return version.run_id


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
