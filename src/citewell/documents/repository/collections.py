"""Collections of documents. A document without one is in the virtual "Default", whose slug is `default`."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.documents.repository.conditions import is_project_document
from citewell.models import Collection, Document

DEFAULT_SLUG = "default"
DEFAULT_NAME = "Default"


def in_collections(project_id: UUID, slugs: Sequence[str]) -> ColumnElement[bool]:
    """Whether the document is in one of the collections."""
    known = select(Collection.id).where(Collection.project_id == project_id, Collection.slug.in_(slugs))
    condition: ColumnElement[bool] = Document.collection_id.in_(known)
    return or_(condition, Document.collection_id.is_(None)) if DEFAULT_SLUG in slugs else condition


async def list_collections(session: AsyncSession, project_id: UUID) -> list[Collection]:
    """Returns all collections except the default one, by name."""
    query = select(Collection).where(Collection.project_id == project_id)
    return list(await session.scalars(query.order_by(func.lower(Collection.name), Collection.slug)))


async def count_by_collection(session: AsyncSession, project_id: UUID) -> dict[UUID | None, int]:
    """Returns the number of the project's own documents in each collection; None is the default one.

    Empty ones are left out.
    """
    counts = await session.execute(
        select(Document.collection_id, func.count())
        .where(Document.project_id == project_id, is_project_document())
        .group_by(Document.collection_id)
    )
    return {row[0]: row[1] for row in counts.all()}


async def lock_collection(session: AsyncSession, project_id: UUID, slug: str) -> Collection | None:
    """Returns the collection, which nobody else changes until the transaction ends."""
    query = select(Collection).where(Collection.project_id == project_id, Collection.slug == slug)
    return (await session.scalars(query.with_for_update())).one_or_none()


async def lock_names(session: AsyncSession, project_id: UUID) -> None:
    """Keep others from naming a collection of this project until the transaction ends."""
    key = func.hashtextextended(f"collections:{project_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def is_name_taken(session: AsyncSession, project_id: UUID, name: str) -> bool:
    """Whether a collection has this name, in whatever case."""
    same = (Collection.project_id == project_id) & (func.lower(Collection.name) == func.lower(name))
    return await session.scalar(select(Collection.id).where(same).limit(1)) is not None


async def similar_slugs(session: AsyncSession, project_id: UUID, slug: str) -> set[str]:
    """Returns the slugs that are this one, or begin with it and a hyphen."""
    query = select(Collection.slug).where(Collection.project_id == project_id)
    return set(await session.scalars(query.where((Collection.slug == slug) | Collection.slug.like(f"{slug}-%"))))


async def empty_collection(session: AsyncSession, project_id: UUID, collection_id: UUID) -> None:
    """Move all of its documents to the default collection."""
    mine = (Document.project_id == project_id) & (Document.collection_id == collection_id)
    await session.execute(update(Document).where(mine).values(collection_id=None))


async def lock_own_documents(session: AsyncSession, project_id: UUID, document_ids: Iterable[UUID]) -> list[Document]:
    """Locks the project's own documents among these ids until the transaction ends, and returns them."""
    query = select(Document).where(
        Document.project_id == project_id, Document.id.in_(document_ids), is_project_document()
    )
    return list(await session.scalars(query.order_by(Document.id).with_for_update()))
