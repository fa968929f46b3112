"""Collections of documents. A document without one is in the virtual "Default", whose slug is `default`."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents.repository.collections import DEFAULT_NAME, DEFAULT_SLUG
from citewell.documents.repository.conditions import is_project_document
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.models import Collection, Document

MAX_MOVED = 200
MAX_SLUG = 60


async def list_collections(session: AsyncSession, project_id: UUID) -> list[dict[str, Any]]:
    """The default collection, then the others by name, each with the number of its documents."""
    counts = await session.execute(
        select(Document.collection_id, func.count())
        .where(Document.project_id == project_id, is_project_document())
        .group_by(Document.collection_id)
    )
    sizes: dict[UUID | None, int] = {row[0]: row[1] for row in counts.all()}
    rows = await session.scalars(
        select(Collection)
        .where(Collection.project_id == project_id)
        .order_by(func.lower(Collection.name), Collection.slug)
    )
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
    """Raises NotFound, and BadRequest for the default collection, which has no row."""
    if slug == DEFAULT_SLUG:
        raise BadRequest("The default collection holds the documents without another; it cannot be changed.")
    query = select(Collection).where(Collection.project_id == project_id, Collection.slug == slug)
    row = (await session.scalars(query.with_for_update())).one_or_none()
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
    mine = (Document.project_id == project_id) & (Document.collection_id == row.id)
    await session.execute(update(Document).where(mine).values(collection_id=None))
    await session.delete(row)
    session.add(entry_of(access, "collection_deleted", "collection", slug))
    await session.flush()


async def move_documents(session: AsyncSession, project_id: UUID, slug: str, document_ids: Sequence[UUID]) -> int:
    """Put documents into the collection, all or none; returns how many were in another one before."""
    target = None if slug == DEFAULT_SLUG else (await get_collection(session, project_id, slug)).id
    wanted = set(document_ids)
    query = select(Document).where(Document.project_id == project_id, Document.id.in_(wanted), is_project_document())
    rows = list(await session.scalars(query.order_by(Document.id).with_for_update()))
    if missing := wanted - {row.id for row in rows}:
        raise InvalidFields({"document_ids": [f"There is no such document in this project: {min(missing)}."]})
    moved = [row for row in rows if row.collection_id != target]
    for row in moved:
        row.collection_id = target
    await session.flush()
    return len(moved)


async def _refuse_taken(session: AsyncSession, project_id: UUID, name: str) -> None:
    same = (Collection.project_id == project_id) & (func.lower(Collection.name) == func.lower(name))
    taken = await session.scalar(select(Collection.id).where(same).limit(1))
    if taken is not None or name.casefold() == DEFAULT_NAME.casefold():
        raise InvalidFields({"name": ["There is a collection of this name already: choose another."]})


async def _free_slug(session: AsyncSession, project_id: UUID, name: str) -> str:
    """The name in plain letters, with a number behind it where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].strip("-") or "collection"
    pattern = f"{base}-%"
    query = select(Collection.slug).where(Collection.project_id == project_id)
    taken = set(await session.scalars(query.where((Collection.slug == base) | Collection.slug.like(pattern))))
    taken.add(DEFAULT_SLUG)
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
