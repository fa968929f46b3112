"""Tags of documents: what extraction inferred about them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository import is_project_document
from citewell.models import Document, DocumentTag


async def available(session: AsyncSession, project_id: UUID) -> dict[str, list[str]]:
    """Every tag of the project's documents with its values, both sorted."""
    query = (
        select(DocumentTag.name, DocumentTag.value)
        .join(Document, (Document.project_id == DocumentTag.project_id) & (Document.id == DocumentTag.document_id))
        .where(DocumentTag.project_id == project_id, is_project_document())
        .distinct()
        .order_by(DocumentTag.name, DocumentTag.value)
    )
    found: dict[str, list[str]] = {}
    for name, value in (await session.execute(query)).all():
        found.setdefault(name, []).append(value)
    return found


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
