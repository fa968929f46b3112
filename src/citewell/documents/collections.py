"""Collections of documents. A document without one is in the virtual "Default", whose slug is `default`."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents.repository import collections as repository
from citewell.documents.repository.collections import DEFAULT_NAME, DEFAULT_SLUG
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.models import Collection

MAX_MOVED = 200
MAX_SLUG = 60


async def list_collections(session: AsyncSession, project_id: UUID) -> list[dict[str, Any]]:
    """Returns the default collection, then the others by name, each with the number of its documents."""
    sizes = await repository.count_by_collection(session, project_id)
    rows = await repository.list_collections(session, project_id)
    default = {"id": None, "name": DEFAULT_NAME, "slug": DEFAULT_SLUG, "document_count": sizes.get(None, 0)}
    return [default, *(wire(row, sizes.get(row.id, 0)) for row in rows)]


def wire(row: Collection, document_count: int) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "slug": row.slug, "document_count": document_count}


async def create_collection(session: AsyncSession, project_id: UUID, name: str) -> Collection:
    await _refuse_taken(session, project_id, name)
    row = Collection(project_id=project_id, name=name, slug=await _free_slug(session, project_id, name))
    session.add(row)
    await session.flush()
    return row


async def get_collection(session: AsyncSession, project_id: UUID, slug: str) -> Collection:
    """Returns the collection. Raises NotFound, and BadRequest for the default collection, which has no row."""
    if slug == DEFAULT_SLUG:
        raise BadRequest("The default collection holds the documents without another; it cannot be changed.")
    row = await repository.lock_collection(session, project_id, slug)
    if row is None:
        raise NotFound("There is no such collection in this project.")
    return row


async def rename_collection(session: AsyncSession, project_id: UUID, slug: str, name: str) -> Collection:
    """Change the name. The slug stays, so links and filters go on working."""
    row = await get_collection(session, project_id, slug)
    if name.casefold() != row.name.casefold():
        await _refuse_taken(session, project_id, name)
    row.name = name
    await session.flush()
    return row


async def delete_collection(session: AsyncSession, access: Access, slug: str) -> None:
    """Delete a collection. Its documents move to the default collection."""
    project_id = access.project_id
    row = await get_collection(session, project_id, slug)
    await repository.empty_collection(session, project_id, row.id)
    await session.delete(row)
    session.add(entry_of(access, "collection_deleted", "collection", slug))
    await session.flush()


async def move_documents(session: AsyncSession, project_id: UUID, slug: str, document_ids: Sequence[UUID]) -> int:
    """Moves documents into the collection, all or none. Returns how many were in another one before."""
    target = None if slug == DEFAULT_SLUG else (await get_collection(session, project_id, slug)).id
    wanted = set(document_ids)
    rows = await repository.lock_own_documents(session, project_id, wanted)
    if missing := wanted - {row.id for row in rows}:
        raise InvalidFields({"document_ids": [f"There is no such document in this project: {min(missing)}."]})
    moved = [row for row in rows if row.collection_id != target]
    for row in moved:
        row.collection_id = target
    await session.flush()
    return len(moved)


async def _refuse_taken(session: AsyncSession, project_id: UUID, name: str) -> None:
    """Raises InvalidFields if a collection has the name. Locks the names until the transaction ends."""
    await repository.lock_names(session, project_id)
    taken = await repository.is_name_taken(session, project_id, name)
    if taken or name.casefold() == DEFAULT_NAME.casefold():
        raise InvalidFields({"name": ["There is a collection of this name already: choose another."]})


async def _free_slug(session: AsyncSession, project_id: UUID, name: str) -> str:
    """Returns a slug of the name: in plain letters, with a number at its end if it is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].strip("-") or "collection"
    taken = await repository.similar_slugs(session, project_id, base) | {DEFAULT_SLUG}
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
