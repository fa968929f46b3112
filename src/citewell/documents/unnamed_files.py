"""Deleting stored files safely: a file that a row names is never deleted."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from obstore.exceptions import BaseError as StoreError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.file_hold import FilesHeld
from citewell.models import Document, DocumentVersion
from citewell.resources import Resources

log = structlog.get_logger(__name__)


async def delete_unnamed(resources: Resources, project_id: UUID, document_id: UUID, keys: Sequence[str]) -> list[str]:
    """Delete those of a document's files that no row names; returns their keys.

    The proof and the deletion share one transaction, which holds the document's lock: nobody can name a key in between.
    """
    async with resources.database.write() as session:
        await lock_files(session, [document_id])
        named = await named_keys(session, project_id, document_id)
        unnamed = [key for key in keys if key not in named]
        for key in unnamed:
            await resources.files.delete(key)
    return unnamed


async def discard_unnamed(resources: Resources, project_id: UUID, document_id: UUID, keys: Sequence[str]) -> None:
    """As `delete_unnamed`, but a failure is logged and leaves the files to the daily search for orphans."""
    try:
        await delete_unnamed(resources, project_id, document_id, keys)
    except (SQLAlchemyError, StoreError, OSError, FilesHeld) as error:
        log.warning("files_left_behind", keys=keys, reason=str(error)[:200])


async def lock_files(session: AsyncSession, document_ids: Sequence[UUID]) -> None:
    """Keep the documents' files from being deleted as unnamed until the transaction ends.

    A transaction that names a file which was stored before takes this first.
    """
    for number in sorted(document_id.int & (2**63 - 1) for document_id in document_ids):
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def named_keys(session: AsyncSession, project_id: UUID, document_id: UUID) -> set[str]:
    """The keys of the files that the document and its versions name."""
    document = Document.project_id == project_id, Document.id == document_id
    versions = DocumentVersion.project_id == project_id, DocumentVersion.document_id == document_id
    rows = await session.execute(select(Document.file_key, Document.computed_pdf_key).where(*document))
    named = {key for row in rows for key in row if key is not None}
    return named | set(await session.scalars(select(DocumentVersion.file_key).where(*versions)))
