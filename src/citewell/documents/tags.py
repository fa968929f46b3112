"""Tags of documents: what extraction inferred about them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.models import Document, DocumentTag, Extractor, KnowledgeTable


async def available(session: AsyncSession, project_id: UUID) -> dict[str, list[str]]:
    """Every tag with its values, both sorted: those that documents carry, and those that extractors and tables of tags
    define as possible."""
    query = (
        select(DocumentTag.name, DocumentTag.value)
        .join(Document, (Document.project_id == DocumentTag.project_id) & (Document.id == DocumentTag.document_id))
        .where(DocumentTag.project_id == project_id, is_project_document())
        .distinct()
        .order_by(DocumentTag.name, DocumentTag.value)
    )
    found: dict[str, set[str]] = {}
    for name, value in (await session.execute(query)).all():
        found.setdefault(name, set()).add(value)
    for tag in await _defined(session, project_id):
        defined, values = tag.get("name"), tag.get("possible_values")
        if isinstance(defined, str) and defined and isinstance(values, list):
            found.setdefault(defined, set()).update(value for value in values if isinstance(value, str) and value)
    return {name: sorted(found[name]) for name in sorted(found) if found[name]}


async def _defined(session: AsyncSession, project_id: UUID) -> list[dict[str, Any]]:
    """The definitions of tags in extractors of them, and in the metadata of their tables, which clients write."""
    extractors = select(Extractor.settings["tags"]).where(
        Extractor.project_id == project_id, Extractor.family == "document-tag"
    )
    tables = select(KnowledgeTable.object_metadata["tags"]).where(
        KnowledgeTable.project_id == project_id, KnowledgeTable.object_type == "document_tags"
    )
    stated = [*await session.scalars(extractors), *await session.scalars(tables)]
    return [tag for tags in stated if isinstance(tags, list) for tag in tags if isinstance(tag, dict)]


async def by_document(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID], *, deleted: bool
) -> dict[str, dict[str, Any]]:
    """The tags of each of the documents. The rows that give a document the same tag are its origins."""
    mine = (Document.project_id == DocumentTag.project_id) & (Document.id == DocumentTag.document_id)
    query = select(DocumentTag).join(Document, mine).where(DocumentTag.project_id == project_id)
    query = query.where(Document.local_to.is_(None), DocumentTag.document_id.in_(document_ids))
    if not deleted:
        query = query.where(Document.status == "active")
    known = select(Document.id).where(Document.project_id == project_id, Document.id.in_(document_ids))
    known = known.where(Document.local_to.is_(None))
    if not deleted:
        known = known.where(Document.status == "active")
    tags: dict[str, dict[tuple[str, str], list[dict[str, Any]]]] = {
        str(document_id): {} for document_id in await session.scalars(known.order_by(Document.id))
    }
    for row in await session.scalars(query.order_by(DocumentTag.document_id, DocumentTag.name, DocumentTag.id)):
        origin = {"id": str(row.id)}
        if row.table_id is not None and row.table_version_id is not None:
            origin |= {"table": str(row.table_id), "table_version_id": str(row.table_version_id)}
        tags.setdefault(str(row.document_id), {}).setdefault((row.name, row.value), []).append(origin)
    return {
        document: {
            "tags": [
                {"tag_name": name, "tag_value": value, "origin": origin} for (name, value), origin in found.items()
            ]
        }
        for document, found in tags.items()
    }
