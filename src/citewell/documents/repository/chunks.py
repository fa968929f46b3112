"""Reading chunks of documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Uuid, all_, any_, cast, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.pages import select_page
from citewell.db.words import containing
from citewell.models import Chunk, Document
from citewell.search.filters import ChunkScope


async def count_chunks(session: AsyncSession, project_id: UUID, version_id: UUID) -> int:
    query = select(func.count()).where(Chunk.project_id == project_id, Chunk.version_id == version_id)
    return await session.scalar(query) or 0


async def page_of_chunks(
    session: AsyncSession, project_id: UUID, version_id: UUID | None, limit: int, offset: int
) -> tuple[int, list[Chunk]]:
    """Returns (number of the version's chunks, page of them in the order of the text)."""
    query = select(Chunk).where(Chunk.project_id == project_id, Chunk.version_id == version_id)
    return await select_page(session, query, limit, offset, Chunk.ordinal)


async def count_and_span(session: AsyncSession, document: Document) -> tuple[int, tuple[int, int]]:
    """Returns the number of chunks of the live version, and the characters (start, end) of its text that they cover."""
    span = func.coalesce(func.min(Chunk.start_offset), 0), func.coalesce(func.max(Chunk.end_offset), 0)
    query = select(func.count(), *span).where(_is_of_live_version(document))
    count, start, end = (await session.execute(query)).one()
    return count, (start, end)


async def list_live_chunks(session: AsyncSession, document: Document, limit: int, offset: int) -> list[Chunk]:
    """Returns a page of the chunks of the live version, in the order of the text."""
    query = select(Chunk).where(_is_of_live_version(document)).order_by(Chunk.ordinal)
    return list(await session.scalars(query.offset(offset).limit(limit)))


async def chunks_on_pages(session: AsyncSession, document: Document, first: int, last: int) -> list[Chunk]:
    """Returns the chunks of the live version that reach into the pages, in the order of the text."""
    query = (
        select(Chunk)
        .where(Chunk.project_id == document.project_id, Chunk.version_id == document.live_version_id)
        .where(Chunk.min_page <= last, Chunk.max_page >= first)
        .order_by(Chunk.ordinal)
    )
    return list(await session.scalars(query))


async def chunks_with_word(
    session: AsyncSession,
    project_id: UUID,
    version_ids: Sequence[UUID | None],
    word: str,
    after: tuple[str, UUID, int] | None,
    limit: int,
) -> list[tuple[Chunk, str]]:
    """Returns a page of the versions' chunks that contain the word (all, if it is empty), with their documents' names.

    Sorted by document name, version and ordinal; `after` are these three of the last chunk of the page before.
    """
    order = (Document.name, Chunk.version_id, Chunk.ordinal)
    query = (
        select(Chunk, Document.name)
        .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
        .where(Chunk.project_id == project_id, Chunk.version_id.in_(version_ids))
        .order_by(*order)
        .limit(limit)
    )
    if word:
        query = query.where(Chunk.content.ilike(containing(word)))
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    return [(row[0], row[1]) for row in await session.execute(query)]


async def find_chunk(
    session: AsyncSession, project_id: UUID, chunk_id: UUID, visible: ColumnElement[bool], scope: ChunkScope
) -> tuple[Chunk, str] | None:
    """Returns the chunk with its document's name, if it is in the scope and the document is visible."""
    query = (
        select(Chunk, Document.name)
        .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
        .where(Chunk.project_id == project_id, Chunk.id == chunk_id, visible, *_in_scope(scope))
    )
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def chunks_before(
    session: AsyncSession, document_id: UUID, max_chars: int, visible: ColumnElement[bool], scope: ChunkScope
) -> Sequence[Row[UUID, str, str, int | None, int | None, list[str]]]:
    """(id, document's name, content, min_page, max_page, heading_path) of the live version's chunks in the scope that
    begin in the first `max_chars` characters, in the order of the text; none of a document that is not visible."""
    query = (
        select(Chunk.id, Document.name, Chunk.content, Chunk.min_page, Chunk.max_page, Chunk.heading_path)
        .join(Document, (Document.project_id == Chunk.project_id) & (Document.id == Chunk.document_id))
        .where(visible, Document.id == document_id, Chunk.version_id == Document.live_version_id)
        .where(Chunk.start_offset < max_chars, *_in_scope(scope))
        .order_by(Chunk.ordinal)
    )
    return (await session.execute(query)).all()


async def first_texts(
    session: AsyncSession, project_id: UUID, version_ids: Sequence[UUID], chunks: int, max_chars: int
) -> list[tuple[UUID, UUID, str, str]]:
    """(version, document, document's name, text) of each of the live versions: its first chunks, of each at most
    `max_chars` characters, with blank lines between them."""
    between: ColumnElement[str] = aggregate_order_by(literal_column(r"E'\n\n'"), Chunk.ordinal)
    query = (
        select(
            Document.live_version_id,
            Document.id,
            Document.name,
            func.string_agg(func.left(Chunk.content, max_chars), between),
        )
        .join(
            Chunk,
            (Chunk.project_id == Document.project_id)
            & (Chunk.document_id == Document.id)
            & (Chunk.version_id == Document.live_version_id),
        )
        .where(Document.project_id == project_id, Document.live_version_id.in_(version_ids))
        .where(Chunk.ordinal < chunks)
        .group_by(Document.live_version_id, Document.id, Document.name)
    )
    rows = (await session.execute(query)).all()
    return [(version, document, name, text) for version, document, name, text in rows if version is not None]


def _is_of_live_version(document: Document) -> ColumnElement[bool]:
    return (
        (Chunk.project_id == document.project_id)
        & (Chunk.document_id == document.id)
        & (Chunk.version_id == document.live_version_id)
    )


def _in_scope(scope: ChunkScope) -> list[ColumnElement[bool]]:
    """Returns the conditions for chunks of the scope; their ids are one parameter, however many there are."""
    conditions = []
    if scope.only is not None:
        conditions.append(Chunk.id == any_(cast(list(scope.only), ARRAY(Uuid))))
    if scope.excluded:
        conditions.append(Chunk.id != all_(cast(list(scope.excluded), ARRAY(Uuid))))
    return conditions
