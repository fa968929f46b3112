"""Uploads to a signed address: large files, in pieces if need be, without holding them in memory.

The address carries a secret of its own, so whoever has it may send that one file and nothing else. What has come in
grows in a file of the data directory; a transfer that broke off is taken up behind its last byte. On confirmation the
file goes into the store and the pipeline.
"""

import asyncio
import fcntl
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents import repository, uploads
from citewell.errors import BadRequest, Conflict, Forbidden, NotFound, TooLarge
from citewell.kit.ids import new_id
from citewell.kit.private import private_folder
from citewell.kit.time import now
from citewell.models import Document, DocumentVersion, PendingUpload
from citewell.resources import Resources
from citewell.storage import forget_upload, part_file

_WRITE = 1024 * 1024
_LOCK_SECONDS, _LOOK_SECONDS = 5.0, 0.05
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")


@dataclass(frozen=True)
class Range:
    """Which bytes of the file a request carries; `total` is the size of the whole, if the client says it."""

    start: int
    total: int | None


@dataclass(frozen=True)
class Received:
    """How much of the file is there. It is complete when nothing was announced to follow."""

    size: int
    complete: bool


async def announce(
    resources: Resources, project_id: UUID, user_id: UUID, name: str, content_type: str
) -> tuple[PendingUpload, str]:
    """A place for a file, and the secret of its address."""
    secret = secrets.token_urlsafe(32)
    until = now() + timedelta(seconds=resources.settings.upload_url_seconds)
    async with resources.database.write() as session:
        await _forget_expired(resources, session, project_id)
        row = PendingUpload(project_id=project_id, id=new_id(), name=name, content_type=content_type)
        row.secret_hash, row.expires_at, row.created_by = _hash(secret), until, user_id
        session.add(row)
        await session.flush()
    return row, secret


async def open_upload(resources: Resources, project_id: UUID, upload_id: UUID, secret: str) -> Path:
    """Where the file of a signed address grows. Raises Forbidden for a wrong, expired or used address."""
    async with resources.database.read() as session:
        row = await session.get(PendingUpload, (project_id, upload_id))
    right = row is not None and hmac.compare_digest(row.secret_hash, _hash(secret))
    if row is None or not right or row.expires_at < now() or row.confirmed_as is not None:
        raise Forbidden("This address is not valid, or no longer: ask for a new one.")
    return part_file(resources.settings.data_dir, upload_id)


def received(path: Path) -> Received:
    done = _done(path)
    if done.exists():
        return Received(done.stat().st_size, complete=True)
    return Received(path.stat().st_size if path.exists() else 0, complete=False)


async def receive(path: Path, body: AsyncIterator[bytes], part: Range | None, limit: int) -> Received:
    """Write what a request carries: the whole file, or a part of it that begins where the last one ended.

    What has arrived when the client goes away is kept. Raises Conflict for a part that begins elsewhere, and while
    another request is writing.
    """
    if _done(path).exists():
        raise Conflict("The file is complete: confirm the upload.")
    private_folder(path.parent)
    with path.open("ab") as file:
        await _lock(file)
        size = path.stat().st_size
        if part is None:
            file.truncate(0)
            size = 0
        elif part.start != size:
            raise Conflict(f"{size} bytes are there: go on with byte {size}.", headers={"Upload-Offset": str(size)})
        size = await _write(file, body, size, limit)
        if part is None or part.total == size:
            path.rename(_done(path))
            return Received(size, complete=True)
        return Received(size, complete=False)


async def _lock(file: BinaryIO) -> None:
    """Raises Conflict if another request keeps it: one whose client went away lets go as soon as that is noticed."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Conflict("Another request is sending this file.") from None
        await asyncio.sleep(_LOOK_SECONDS)


async def _write(file: BinaryIO, body: AsyncIterator[bytes], size: int, limit: int) -> int:
    """The size after it. The bytes that came before a broken connection are written, too."""
    held = bytearray()
    try:
        async for piece in body:
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The file is too large: at most {limit:,} bytes are accepted.")
            held += piece
            if len(held) >= _WRITE:
                await asyncio.to_thread(file.write, bytes(held))
                held.clear()
    finally:
        await asyncio.to_thread(file.write, bytes(held))
        await asyncio.to_thread(file.flush)
    return size


def parse_range(header: str | None) -> Range | None:
    """The header `Content-Range`: `bytes 0-99/200`, or `bytes 0-99/*` while the size is not known."""
    if header is None:
        return None
    match = _RANGE.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise BadRequest("Content-Range must look like: bytes 0-1048575/5000000")
    return Range(int(match[1]), None if match[3] == "*" else int(match[3]))


async def confirm(
    resources: Resources, project_id: UUID, user_id: UUID, upload_id: UUID, *, skip_parsing: bool
) -> tuple[Document, UUID | None]:
    """The document made of the file that was sent, and its run. Confirming again, also at once, gives the same."""
    async with resources.database.read() as session:
        row = await session.get(PendingUpload, (project_id, upload_id))
    if row is None or row.confirmed_as is not None:
        return await _confirmed(resources, project_id, upload_id)
    path = part_file(resources.settings.data_dir, upload_id)
    try:
        with _done(path).open("rb") as file:
            upload = uploads.Upload(row.name, row.content_type, file, [], document_id=upload_id)
            [document] = await uploads.add_documents(
                resources, project_id, user_id, [upload], skip_parsing=skip_parsing
            )
    except uploads.UploadConfirmed:
        return await _confirmed(resources, project_id, upload_id)
    except FileNotFoundError:
        return await _confirmed(resources, project_id, upload_id, received(path))
    _done(path).unlink(missing_ok=True)
    return document, await _run_of(resources, document)


async def _confirmed(
    resources: Resources, project_id: UUID, upload_id: UUID, there: Received | None = None
) -> tuple[Document, UUID | None]:
    """The document of an upload that was confirmed before. Raises BadRequest if it was not, and its file is missing."""
    async with resources.database.read() as session:
        row = await session.get(PendingUpload, (project_id, upload_id))
        if there is not None and row is not None and row.confirmed_as is None:
            raise BadRequest(
                f"The file has not arrived whole: {there.size} bytes are there. Send it to its upload_url."
            )
        document_id = row.confirmed_as or upload_id if row is not None else upload_id
        document = await session.get(Document, (project_id, document_id))
    if document is None or document.status != "active" or document.local_to is not None:
        raise NotFound("There is no such upload in this project: ask for a new upload_url.")
    return document, await _run_of(resources, document)


async def _run_of(resources: Resources, document: Document) -> UUID | None:
    async with resources.database.read() as session:
        rows = await repository.indexing_rows(session, document.project_id, [document.id])
    version: DocumentVersion = rows[0][1]
    return version.run_id


async def _forget_expired(resources: Resources, session: AsyncSession, project_id: UUID) -> None:
    gone = (PendingUpload.project_id == project_id) & (PendingUpload.expires_at < now())
    for upload_id in await session.scalars(delete(PendingUpload).where(gone).returning(PendingUpload.id)):
        forget_upload(resources.settings.data_dir, upload_id)


def _done(path: Path) -> Path:
    return path.with_suffix(".whole")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
