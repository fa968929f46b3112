"""Document versions on their way through the steps."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import raiseload

from citewell.ingestion.stages import ENDED
from citewell.models import Document, DocumentVersion, VersionStep

_PARSED = ("parsed", "chunked", "embedded", "published", "superseded")
_OF_VERSION = (Document.project_id == DocumentVersion.project_id) & (Document.id == DocumentVersion.document_id)
_ROW_OF_VERSION = (VersionStep.project_id == DocumentVersion.project_id) & (
    VersionStep.version_id == DocumentVersion.id
)


async def find_with_documents(
    session: AsyncSession, project_id: UUID, versions: Collection[UUID], needed_step: str | None
) -> Sequence[Row[DocumentVersion, Document, str | None]]:
    """Returns the versions with their documents and the input hash of the needed step, in the order of their ids.

    The hash is None if no step is named. The versions' steps are not loaded.
    """
    ids = cast(list(versions), ARRAY(Uuid))  # one statement for any number of them
    query = (
        select(DocumentVersion, Document, VersionStep.input_hash)
        .join(Document, _OF_VERSION)
        .outerjoin(VersionStep, _ROW_OF_VERSION & (VersionStep.step == needed_step))
        .where((DocumentVersion.project_id == project_id) & (DocumentVersion.id == any_(ids)))
        .order_by(DocumentVersion.id)
        .options(raiseload(DocumentVersion.steps))
    )
    return (await session.execute(query)).all()


async def find_unfinished(
    session: AsyncSession, project_id: UUID, versions: Collection[UUID]
) -> Sequence[DocumentVersion]:
    """Returns those of the versions whose processing has not ended."""
    mine = (DocumentVersion.project_id == project_id) & DocumentVersion.id.in_(versions)
    return (await session.scalars(select(DocumentVersion).where(mine, DocumentVersion.stage.not_in(ENDED)))).all()


async def find_stage(session: AsyncSession, project_id: UUID, version_id: UUID) -> str | None:
    """Returns the stage of the version; None if there is no such version."""
    query = select(DocumentVersion.stage).where(
        DocumentVersion.project_id == project_id, DocumentVersion.id == version_id
    )
    return await session.scalar(query)


async def mark_started(session: AsyncSession, project_id: UUID, versions: Collection[UUID]) -> None:
    mine = (DocumentVersion.project_id == project_id) & DocumentVersion.id.in_(versions)
    await session.execute(
        update(DocumentVersion).where(mine).values(started=True).execution_options(synchronize_session=False)
    )


async def find_parsed(session: AsyncSession, project_id: UUID, sha256: bytes, parse_key: str) -> DocumentVersion | None:
    """Returns a version of the project with this content that was parsed with the same key."""
    query = (
        select(DocumentVersion)
        .join(VersionStep, _ROW_OF_VERSION)
        .where(
            DocumentVersion.project_id == project_id,
            DocumentVersion.sha256 == sha256,
            DocumentVersion.stage.in_(_PARSED),
            VersionStep.step == "parse",
            VersionStep.input_hash == parse_key,
        )
    )
    return (await session.scalars(query.limit(1))).one_or_none()


async def update_versions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Set columns of versions; `project_id` and `id` of a row name the version."""
    await session.execute(update(DocumentVersion), rows)  # by primary key


async def set_pages_done(session: AsyncSession, project_id: UUID, version_id: UUID, pages: int) -> None:
    mine = (DocumentVersion.project_id == project_id) & (DocumentVersion.id == version_id)
    await session.execute(update(DocumentVersion).where(mine).values(pages_done=pages))


async def set_all_pages_done(session: AsyncSession, project_id: UUID, versions: Collection[UUID]) -> None:
    mine = (DocumentVersion.project_id == project_id) & DocumentVersion.id.in_(versions)
    pages = func.coalesce(DocumentVersion.page_count, 0)
    await session.execute(
        update(DocumentVersion).where(mine).values(pages_done=pages).execution_options(synchronize_session=False)
    )


async def find_numbers(session: AsyncSession, project_id: UUID, versions: Collection[UUID]) -> dict[UUID, int]:
    """Returns the numbers of the versions, by document."""
    query = select(DocumentVersion.document_id, DocumentVersion.number)
    rows = await session.execute(
        query.where(DocumentVersion.project_id == project_id, DocumentVersion.id.in_(versions))
    )
    return {row.document_id: row.number for row in rows}
