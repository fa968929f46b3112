"""Tags of documents: what extraction inferred about them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository import tags as repository
from citewell.documents.repository.documents import known_ids


async def available(session: AsyncSession, project_id: UUID) -> dict[str, list[str]]:
    """Returns every tag with its values, both sorted: those that documents carry, and those that extractors and
    tables of tags define.
    """
    found: dict[str, set[str]] = {}
    for name, value in await repository.list_tags(session, project_id):
        found.setdefault(name, set()).add(value)
    for tag in await _defined(session, project_id):
        defined, values = tag.get("name"), tag.get("possible_values")
        if isinstance(defined, str) and defined and isinstance(values, list):
            found.setdefault(defined, set()).update(value for value in values if isinstance(value, str) and value)
    return {name: sorted(found[name]) for name in sorted(found) if found[name]}


async def _defined(session: AsyncSession, project_id: UUID) -> list[dict[str, Any]]:
    """Returns the definitions of tags in their extractors, and in the metadata of their tables, which clients write."""
    stated = await repository.tag_definitions(session, project_id)
    return [tag for tags in stated if isinstance(tags, list) for tag in tags if isinstance(tag, dict)]


async def by_document(
    session: AsyncSession, project_id: UUID, document_ids: Sequence[UUID], *, deleted: bool
) -> dict[str, dict[str, Any]]:
    """Returns the tags of each of the documents. The rows that give a document the same tag are its origins."""
    tags: dict[str, dict[tuple[str, str], list[dict[str, Any]]]] = {
        str(document_id): {} for document_id in await known_ids(session, project_id, document_ids, deleted=deleted)
    }
    for row in await repository.tag_rows(session, project_id, document_ids, deleted=deleted):
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
