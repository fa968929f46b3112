"""Metadata of documents: pairs of key and value that users enter. A key may have several values."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.tags import list_metadata
from citewell.documents.schemas import MAX_METADATA_PAIRS
from citewell.documents.service import get_document
from citewell.errors import BadRequest
from citewell.models import Document


async def add_pair(session: AsyncSession, project_id: UUID, document_id: UUID, key: str, value: str) -> Document:
    """Adds a pair of key and value, unless it exists. Returns the document."""
    document = await get_document(session, project_id, document_id, lock=True)
    pair = [key, value]
    if pair not in document.metadata_pairs:
        if len(document.metadata_pairs) >= MAX_METADATA_PAIRS:
            raise BadRequest(f"A document has at most {MAX_METADATA_PAIRS} pairs of metadata: remove some first.")
        document.metadata_pairs = [*document.metadata_pairs, pair]
        await session.flush()
    return document


async def remove_pair(
    session: AsyncSession, project_id: UUID, document_id: UUID, key: str, value: str
) -> tuple[bool, Document]:
    document = await get_document(session, project_id, document_id, lock=True)
    kept = [pair for pair in document.metadata_pairs if pair != [key, value]]
    removed = len(kept) < len(document.metadata_pairs)
    document.metadata_pairs = kept
    await session.flush()
    return removed, document


async def remove_key(session: AsyncSession, project_id: UUID, document_id: UUID, key: str) -> tuple[int, Document]:
    """Removes a key with all its values. Returns (number of its values, document)."""
    document = await get_document(session, project_id, document_id, lock=True)
    kept = [pair for pair in document.metadata_pairs if pair[0] != key]
    removed = len(document.metadata_pairs) - len(kept)
    document.metadata_pairs = kept
    await session.flush()
    return removed, document


async def values_of(session: AsyncSession, project_id: UUID, document_id: UUID, key: str) -> list[str]:
    document = await get_document(session, project_id, document_id)
    return [value for name, value in document.metadata_pairs if name == key]


async def available(session: AsyncSession, project_id: UUID) -> dict[str, list[str]]:
    """Returns every key of the project's documents with its values, both sorted."""
    found: dict[str, list[str]] = {}
    for key, value in await list_metadata(session, project_id):
        found.setdefault(key, []).append(value)
    return found
