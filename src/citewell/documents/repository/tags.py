"""Tags and metadata of documents."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.models import Document, DocumentTag, Extractor, KnowledgeTable


async def list_tags(session: AsyncSession, project_id: UUID) -> list[tuple[str, str]]:
    """Returns the different (name, value) of the tags that the project's own documents carry, sorted."""
    query = (
        select(DocumentTag.name, DocumentTag.value)
        .join(Document, (Document.project_id == DocumentTag.project_id) & (Document.id == DocumentTag.document_id))
        .where(DocumentTag.project_id == project_id, is_project_document())
        .distinct()
        .order_by(DocumentTag.name, DocumentTag.value)
    )
    return [(name, value) for name, value in (await session.execute(query)).all()]


async def tag_definitions(session: AsyncSession, project_id: UUID) -> list[Any]:
    """Returns the definitions of extractors of tags, then those in the metadata of their tables, as they are stored."""
    extractors = select(Extractor.settings["tags"]).where(
        Extractor.project_id == project_id, Extractor.family == "document-tag"
    )
    tables = select(KnowledgeTable.object_metadata["tags"]).where(
        KnowledgeTable.project_id == project_id, KnowledgeTable.object_type == "document_tags"
    )
    return [*await session.scalars(extractors), *await session.scalars(tables)]


async def tags_of(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[str, str]]]:
    """Returns the different (name, value) of each document's tags, sorted."""
    query = (
        select(DocumentTag.document_id, DocumentTag.name, DocumentTag.value)
        .where(DocumentTag.project_id == project_id, DocumentTag.document_id.in_(document_ids))
        .distinct()
        .order_by(DocumentTag.document_id, DocumentTag.name, DocumentTag.value)
    )
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for document_id, name, value in (await session.execute(query)).all():
        found[document_id].append((name, value))
    return found


async def tag_rows(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID], *, deleted: bool
) -> list[DocumentTag]:
    """Returns the rows of tags of those of the documents that are not local and, without `deleted`, not deleted: by
    document, then by name.
    """
    mine = (Document.project_id == DocumentTag.project_id) & (Document.id == DocumentTag.document_id)
    query = select(DocumentTag).join(Document, mine).where(DocumentTag.project_id == project_id)
    query = query.where(Document.local_to.is_(None), DocumentTag.document_id.in_(document_ids))
    if not deleted:
        query = query.where(Document.status == "active")
    return list(await session.scalars(query.order_by(DocumentTag.document_id, DocumentTag.name, DocumentTag.id)))


async def list_metadata(session: AsyncSession, project_id: UUID) -> list[tuple[str, str]]:
    """Returns the different (key, value) of the metadata of the project's own documents, sorted."""
    rows = await session.execute(
        text(
            "SELECT DISTINCT pair ->> 0 AS key, pair ->> 1 AS value"
            " FROM documents, jsonb_array_elements(metadata) AS pair"
            " WHERE project_id = :project AND status = 'active' AND local_to IS NULL ORDER BY key, value"
        ),
        {"project": project_id},
    )
    return [(key, value) for key, value in rows.all()]
