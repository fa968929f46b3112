"""Reading documents."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.engine import Database
from citewell.db.pages import Selection, read_page, select_page
from citewell.documents.repository.collections import DEFAULT_SLUG
from citewell.documents.repository.conditions import is_project_document
from citewell.models import Document

_NEWEST_STAGE = (
    "(SELECT v.stage FROM document_versions v WHERE v.project_id = d.project_id AND v.document_id = d.id"
    " ORDER BY v.number DESC LIMIT 1)"
)
_COLUMNS = (
    "d.id, d.name, d.content_type, d.page_count, d.file_size, d.metadata AS metadata_pairs, d.collection_id,"
    f" CASE {_NEWEST_STAGE} WHEN 'failed' THEN 'failed' ELSE d.status END AS status"
)
_IN_COLLECTION = "d.collection_id IN (SELECT id FROM collections WHERE project_id = %(project)s AND slug = %(slug)s)"


async def list_documents(
    session: AsyncSession, project_id: UUID, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    """Returns (number of the project's own documents that meet the conditions, page of them, newest first)."""
    return await page_of(session, limit, offset, Document.project_id == project_id, is_project_document(), *conditions)


async def list_summaries(
    database: Database, project_id: UUID, collection: str | None, limit: int, offset: int
) -> tuple[int, list[Any]]:
    """Returns (number of the project's own documents, page of them, newest first); with a slug, of one
    collection.

    The rows have the columns that lists show; the stage of the newest version is part of `status`.
    """
    selection = Selection(_COLUMNS, "documents d", "d.created_at DESC, d.id")
    selection.where("d.project_id = %(project)s AND d.status = 'active' AND d.local_to IS NULL", project=project_id)
    if collection == DEFAULT_SLUG:
        selection.where("d.collection_id IS NULL")
    elif collection:
        selection.where(_IN_COLLECTION, slug=collection)
    return await read_page(database, selection, limit, offset)


async def find_by_name(session: AsyncSession, project_id: UUID, name: str, folder: str | None) -> Document | None:
    """Returns the newest of the project's own documents with this name (and folder, if one is given)."""
    query = select(Document).where(Document.project_id == project_id, is_project_document(), Document.name == name)
    if folder is not None:
        query = query.where(Document.source_metadata["folder"].astext == folder)
    return (await session.scalars(query.order_by(Document.created_at.desc(), Document.id).limit(1))).one_or_none()


async def newest_ids(session: AsyncSession, project_id: UUID, limit: int, offset: int) -> list[UUID]:
    """Returns a page of the project's own documents, deleted ones included, newest first."""
    query = select(Document.id).where(Document.project_id == project_id, Document.local_to.is_(None))
    return list(await session.scalars(query.order_by(Document.id.desc()).limit(limit).offset(offset)))


async def known_ids(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID], *, deleted: bool
) -> list[UUID]:
    """Returns which of the ids are documents of the project, without local ones, sorted; with `deleted`, deleted
    ones too.
    """
    query = select(Document.id).where(Document.project_id == project_id, Document.id.in_(document_ids))
    query = query.where(Document.local_to.is_(None))
    if not deleted:
        query = query.where(Document.status == "active")
    return list(await session.scalars(query.order_by(Document.id)))


async def page_of(
    session: AsyncSession, limit: int, offset: int, *conditions: ColumnElement[bool]
) -> tuple[int, list[Document]]:
    """Returns (number of documents that meet the conditions, page of them, newest first)."""
    query = select(Document).where(*conditions)
    return await select_page(session, query, limit, offset, Document.created_at.desc(), Document.id)
