"""SQL of sources and their syncs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer as deferring

from citewell.connectors.protocol import Item
from citewell.connectors.storable import row_key
from citewell.db.pages import select_page
from citewell.kit.time import now
from citewell.models import Project, Source, SourceItem, SourceSync

# What connectors keep of a sync may have tens of megabytes: left out where it is not needed.
WITHOUT_STATE = (deferring(SourceSync.checkpoint), deferring(SourceSync.position))
WITHOUT_CHECKPOINT = (deferring(Source.checkpoint),)


def _of_source(source: Source) -> ColumnElement[bool]:
    return and_(SourceItem.project_id == source.project_id, SourceItem.source_id == source.id)


async def put_items(session: AsyncSession, source: Source, sync_id: UUID, items: Sequence[Item]) -> None:
    """Store the items of a listing. Those with a new mark, or that failed before, are marked to be fetched."""
    if not items:
        return
    rows = [
        {
            "project_id": source.project_id,
            "source_id": source.id,
            "key": key,
            "item": asdict(item),
            "listed_mark": item.mark,
            "state": "pending",
            "sync_id": sync_id,
        }
        for key, item in {row_key(item.key): item for item in items}.items()
    ]
    statement = insert(SourceItem).values(rows)
    new = statement.excluded
    same = (SourceItem.mark == new.listed_mark) & (SourceItem.state == "done")
    statement = statement.on_conflict_do_update(
        index_elements=["project_id", "source_id", "key"],
        set_={
            "item": new.item,
            "listed_mark": new.listed_mark,
            "sync_id": new.sync_id,
            "state": case((same, "done"), else_="pending"),
            "updated_at": func.clock_timestamp(),
        },
    )
    await session.execute(statement)


async def count_items(
    session: AsyncSession, source: Source, *, sync_id: UUID | None = None, state: str | None = None
) -> int:
    """Counts the source's items that the sync listed (None: all) in this state (None: in any)."""
    query = select(func.count()).select_from(SourceItem).where(_of_source(source))
    if sync_id is not None:
        query = query.where(SourceItem.sync_id == sync_id)
    if state is not None:
        query = query.where(SourceItem.state == state)
    return await session.scalar(query) or 0


async def list_items(
    session: AsyncSession, project_id: UUID, source_id: UUID, state: str | None, limit: int, offset: int
) -> tuple[int, list[SourceItem]]:
    """Returns the number of the source's items in this state (None: in any), and a page of them by their keys."""
    query = select(SourceItem).where(SourceItem.project_id == project_id, SourceItem.source_id == source_id)
    if state is not None:
        query = query.where(SourceItem.state == state)
    return await select_page(session, query, limit, offset, SourceItem.key)


async def pending_items(session: AsyncSession, source: Source, sync_id: UUID, limit: int) -> list[SourceItem]:
    query = select(SourceItem).where(_of_source(source), SourceItem.state == "pending", SourceItem.sync_id == sync_id)
    return list(await session.scalars(query.order_by(SourceItem.key).limit(limit)))


async def gone_items(session: AsyncSession, source: Source, sync_id: UUID | None, limit: int) -> list[SourceItem]:
    """Returns the items that the sync's listing did not have; without a sync, all items."""
    query = select(SourceItem).where(_of_source(source))
    if sync_id is not None:
        query = query.where(SourceItem.sync_id != sync_id)
    return list(await session.scalars(query.order_by(SourceItem.key).limit(limit)))


async def note(session: AsyncSession, source: Source, key: str, **values: Any) -> None:
    await session.execute(update(SourceItem).where(_of_source(source), SourceItem.key == key).values(**values))


async def count_up(session: AsyncSession, source: Source, sync_id: UUID, **more: int) -> None:
    mine = (SourceSync.project_id == source.project_id) & (SourceSync.id == sync_id)
    values = {name: getattr(SourceSync, name) + number for name, number in more.items() if number}
    if values:
        await session.execute(update(SourceSync).where(mine).values(**values))


async def forget_position(session: AsyncSession, source: Source) -> None:
    """A listing that is under way begins anew with its next slice."""
    mine = (SourceSync.project_id == source.project_id) & (SourceSync.source_id == source.id)
    await session.execute(update(SourceSync).where(mine, SourceSync.state == "running").values(position=None))


async def find_running(session: AsyncSession, source: Source) -> SourceSync | None:
    """Returns the running sync of a source, without what connectors keep of it."""
    query = select(SourceSync).where(_syncs_of(source), SourceSync.state == "running")
    return (await session.scalars(query.options(*WITHOUT_STATE))).one_or_none()


async def find_last_sync(session: AsyncSession, source: Source) -> SourceSync | None:
    """Returns the newest sync of a source, without what connectors keep of it."""
    query = select(SourceSync).where(_syncs_of(source)).order_by(SourceSync.created_at.desc()).limit(1)
    return (await session.scalars(query.options(*WITHOUT_STATE))).one_or_none()


def _syncs_of(source: Source) -> ColumnElement[bool]:
    return and_(SourceSync.project_id == source.project_id, SourceSync.source_id == source.id)


async def list_syncs(
    session: AsyncSession, project_id: UUID, source_id: UUID, limit: int, offset: int
) -> tuple[int, list[SourceSync]]:
    """Returns (number of the source's syncs, page of them, newest first), without the state of connectors."""
    query = select(SourceSync).where(SourceSync.project_id == project_id, SourceSync.source_id == source_id)
    without_state = query.options(*WITHOUT_STATE)
    return await select_page(session, without_state, limit, offset, SourceSync.created_at.desc())


async def list_sources(session: AsyncSession, project_id: UUID) -> list[Source]:
    """Returns the project's sources, oldest first, without their checkpoints."""
    query = select(Source).where(Source.project_id == project_id).order_by(Source.created_at, Source.id)
    return list(await session.scalars(query.options(*WITHOUT_CHECKPOINT)))


async def count_sources(session: AsyncSession, project_id: UUID) -> int:
    return await session.scalar(select(func.count()).where(Source.project_id == project_id)) or 0


async def due_sources(session: AsyncSession, limit: int) -> list[Source]:
    """Returns the sources whose sync is due, each given its next time.

    Leaves out sources that another process has locked.
    """
    query = (
        select(Source)
        .join(Project, (Project.id == Source.project_id) & Project.deleted_at.is_(None))
        .where(Source.enabled, Source.every_minutes.is_not(None), Source.next_sync_at <= func.clock_timestamp())
        .order_by(Source.next_sync_at)
        .limit(limit)
        .with_for_update(of=Source, skip_locked=True)
    )
    found = list(await session.scalars(query.options(*WITHOUT_CHECKPOINT)))
    for source in found:
        assert source.every_minutes is not None
        source.next_sync_at = now() + timedelta(minutes=source.every_minutes)
    return found


async def list_sources_with_projects(session: AsyncSession) -> list[tuple[Source, str]]:
    """Returns the sources of all projects, oldest first, each with the name of its project."""
    query = select(Source, Project.name).join(Project, Project.id == Source.project_id).order_by(Source.created_at)
    rows = (await session.execute(query.where(Project.deleted_at.is_(None)))).all()
    return [(source, name) for source, name in rows]


async def find_project_of_source(session: AsyncSession, source_id: UUID) -> UUID | None:
    return await session.scalar(select(Source.project_id).where(Source.id == source_id))
