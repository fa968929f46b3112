"""The files of design templates."""

from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

import structlog
from obstore.exceptions import BaseError as StoreError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.artifacts.content import DesignTemplateList
from citewell.artifacts.repository import count_template_files
from citewell.artifacts.service import begin_edit
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.db.file_hold import FilesHeld
from citewell.errors import BadRequest, InvalidFields, NotFound, TooLarge
from citewell.kit.ids import new_id
from citewell.models import DesignTemplateFile
from citewell.resources import Resources

log = structlog.get_logger(__name__)

MAX_BYTES = 20 * 1024 * 1024  # of one file
MOST_FILES = 20  # of one template


async def add_file(
    resources: Resources, access: Access, template_id: UUID, name: str, content_type: str, file: BinaryIO
) -> DesignTemplateFile:
    """Store a file of a template. Raises InvalidFields for an unknown template, TooLarge, BadRequest for too many."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"A file of a template may have at most {MAX_BYTES // 2**20} MiB.")
    file_id = new_id()
    key = f"{access.project_id}/design-templates/{file_id}"
    await resources.files.put(key, data)
    try:
        async with resources.database.write() as session:
            await _check_template(session, access, template_id)
            row = DesignTemplateFile(
                project_id=access.project_id,
                id=file_id,
                template_id=template_id,
                name=name,
                content_type=content_type,
                file_key=key,
                file_size=len(data),
                created_by=access.acting.user_id,
            )
            session.add(row)
            session.add(entry_of(access, "template_file_added", "design_template_file", file_id, name=name))
            await session.flush()
            await session.refresh(row)
            return row
    except BaseException:
        await _delete_unnamed(resources, access.project_id, file_id, key)
        raise


async def _delete_unnamed(resources: Resources, project_id: UUID, file_id: UUID, key: str) -> None:
    """Delete the file unless its row is there: a commit may fail for its caller and be stored all the same."""
    try:
        async with resources.database.read() as session:
            if await session.get(DesignTemplateFile, (project_id, file_id)) is None:
                await resources.files.delete(key)
    except SQLAlchemyError as error:
        log.warning("file_left_behind", key=key, reason=str(error).split("\n", 1)[0])


async def delete_file(resources: Resources, access: Access, file_id: UUID) -> None:
    """Delete the row, then the file. Raises NotFound."""
    async with resources.database.write() as session:
        row = await session.get(DesignTemplateFile, (access.project_id, file_id))
        if row is None:
            raise NotFound("There is no such file of a design template in this project.")
        await session.delete(row)
        session.add(entry_of(access, "template_file_deleted", "design_template_file", file_id, name=row.name))
    await delete_stored(resources, [row.file_key])


async def delete_stored(resources: Resources, keys: Sequence[str]) -> None:
    """Delete files whose rows are gone. What fails, as during a backup, is left to the daily search for orphans."""
    for key in keys:
        try:
            await resources.files.delete(key)
        except (SQLAlchemyError, StoreError, OSError, FilesHeld) as error:
            log.warning("file_left_behind", key=key, reason=str(error).split("\n", 1)[0])


async def _check_template(session: AsyncSession, access: Access, template_id: UUID) -> None:
    content = (await begin_edit(session, access, "design_templates", None)).content
    assert isinstance(content, DesignTemplateList)
    if template_id not in [one.id for one in content.templates]:
        raise InvalidFields({"template_id": ["There is no such design template in this project."]})
    if await count_template_files(session, access.project_id, template_id) >= MOST_FILES:
        raise BadRequest(f"The template has {MOST_FILES} files: delete one that is not needed any more.")
