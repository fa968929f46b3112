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
from citewell.kit.time import now
from citewell.models import Project, Source, SourceItem, SourceSync

# What connectors keep of a sync may have tens of megabytes: left out where it is not needed.
WITHOUT_STATE = (deferring(SourceSync.checkpoint), deferring(SourceSync.position))


def of_source(source: Source) -> ColumnElement[bool]:
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


async def count_items(session: AsyncSession, source: Source, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(SourceItem).where(of_source(source), *conditions)
    return await session.scalar(query) or 0


async def pending_items(session: AsyncSession, source: Source, sync_id: UUID, limit: int) -> list[SourceItem]:
    query = select(SourceItem).where(of_source(source), SourceItem.state == "pending", SourceItem.sync_id == sync_id)
    return list(await session.scalars(query.order_by(SourceItem.key).limit(limit)))


async def gone_items(session: AsyncSession, source: Source, sync_id: UUID | None, limit: int) -> list[SourceItem]:
    """The items that the sync's listing did not have; without a sync, all items."""
    query = select(SourceItem).where(of_source(source))
    if sync_id is not None:
        query = query.where(SourceItem.sync_id != sync_id)
    return list(await session.scalars(query.order_by(SourceItem.key).limit(limit)))


async def note(session: AsyncSession, source: Source, key: str, **values: Any) -> None:
    await session.execute(update(SourceItem).where(of_source(source), SourceItem.key == key).values(**values))


async def count_up(session: AsyncSession, source: Source, sync_id: UUID, **more: int) -> None:
    mine = (SourceSync.project_id == source.project_id) & (SourceSync.id == sync_id)
    values = {name: getattr(SourceSync, name) + number for name, number in more.items() if number}
    if values:
        await session.execute(update(SourceSync).where(mine).values(**values))


async def forget_position(session: AsyncSession, source: Source) -> None:
    """A listing that is under way begins anew with its next slice."""
    mine = (SourceSync.project_id == source.project_id) & (SourceSync.source_id == source.id)
    await session.execute(update(SourceSync).where(mine, SourceSync.state == "running").values(position=None))


async def due_sources(session: AsyncSession, limit: int) -> list[Source]:
    """The sources whose sync is due, each given its next time. Leaves out sources that another process has locked."""
    query = (
        select(Source)
        .join(Project, (Project.id == Source.project_id) & Project.deleted_at.is_(None))
        .where(Source.enabled, Source.every_minutes.is_not(None), Source.next_sync_at <= func.clock_timestamp())
        .order_by(Source.next_sync_at)
        .limit(limit)
        .with_for_update(of=Source, skip_locked=True)
    )
    found = list(await session.scalars(query.options(deferring(Source.checkpoint))))
    for source in found:
        assert source.every_minutes is not None
        source.next_sync_at = now() + timedelta(minutes=source.every_minutes)
    return found


async def list_sources_with_projects(session: AsyncSession) -> list[tuple[Source, str]]:
    """The sources of all projects, oldest first, each with the name of its project."""
    query = select(Source, Project.name).join(Project, Project.id == Source.project_id).order_by(Source.created_at)
    rows = (await session.execute(query.where(Project.deleted_at.is_(None)))).all()
    return [(source, name) for source, name in rows]


async def find_project_of_source(session: AsyncSession, source_id: UUID) -> UUID | None:
    return await session.scalar(select(Source.project_id).where(Source.id == source_id))
