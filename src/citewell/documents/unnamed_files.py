"""Deleting stored files safely: a file that a row names is never deleted."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from obstore.exceptions import BaseError as StoreError
from sqlalchemy.exc import SQLAlchemyError

from citewell.db.file_hold import FilesHeld
from citewell.documents.repository.files import lock_files, named_keys
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
    """Like `delete_unnamed`, but a failure is logged and leaves the files to the daily search for orphans."""
    try:
        await delete_unnamed(resources, project_id, document_id, keys)
    except (SQLAlchemyError, StoreError, OSError, FilesHeld) as error:
        log.warning("files_left_behind", keys=keys, reason=str(error)[:200])
