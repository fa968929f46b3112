"""Listing a source: what it has is stored as items, in slices of time."""

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.connectors import repository
from citewell.connectors.protocol import Item, SourceError, Unchanged
from citewell.connectors.state import Sync, end_sync, queue_slice
from citewell.connectors.storable import storable, storable_item
from citewell.ingestion.sniff import is_readable_name
from citewell.models import Source, SourceSync

MOST_ITEMS = 100_000
_STORED = 500  # items at once


async def list_items(sync: Sync, row: SourceSync) -> bool:
    """Store the items of the source. Returns False if there is nothing to fetch yet: the slice has ended before the
    listing, or nothing has changed, which ends the sync."""
    database, source, batch = sync.resources.database, sync.source, list[Item]()
    async with database.read() as session:
        count = await repository.count_items(session, source, sync_id=sync.id)
    try:
        async for found in sync.connector.list(source.checkpoint, row.position):
            item = storable_item(found) if found is not None else None
            if item is not None and is_readable_name(item.name):
                count += 1
                if count > MOST_ITEMS:
                    raise SourceError(f"The source has more than {MOST_ITEMS:,} files: choose a part of it.")
                batch.append(item)
            if len(batch) >= _STORED:
                async with database.write() as session:
                    await repository.put_items(session, source, sync.id, batch)
                batch.clear()
            if not await sync.slice.goes_on(sync.connector.pause) and await _paused(sync, batch):
                return False
    except Unchanged:
        await _keep_all(sync)
        return False
    async with database.write() as session:
        await repository.put_items(session, source, sync.id, batch)
        if sync.connector.is_complete and not count and not row.allow_empty:
            await _refuse_empty(session, source)
        same = await repository.count_items(session, source, sync_id=sync.id, state="done")
        stored = await session.get_one(SourceSync, (source.project_id, sync.id), with_for_update=True)
        stored.phase, stored.unchanged, stored.position = "fetching", same, None
        stored.checkpoint, stored.is_complete = storable(sync.connector.checkpoint()), sync.connector.is_complete
    return True


async def _paused(sync: Sync, batch: list[Item]) -> bool:
    """Store how far the listing is, for the next slice. False if the connector cannot go on from here."""
    position = sync.connector.position()
    if position is None:
        return False
    async with sync.resources.database.write() as session:
        await repository.put_items(session, sync.source, sync.id, batch)
        key, options = (sync.source.project_id, sync.id), repository.WITHOUT_STATE
        stored = await session.get(SourceSync, key, with_for_update=True, options=options)
        if stored is not None and stored.phase == "listing":
            stored.position = storable(position)
            await queue_slice(session, sync.resources, sync.source, sync.id, sync.slice.wait_seconds)
    return True


async def _keep_all(sync: Sync) -> None:
    """End the sync of a source in which nothing has changed."""
    source = sync.source
    async with sync.resources.database.write() as session:
        known = await repository.count_items(session, source)
        await repository.count_up(session, source, sync.id, unchanged=known)
        stored = await session.get_one(SourceSync, (source.project_id, sync.id))
        stored.checkpoint = source.checkpoint
    await end_sync(sync.resources, source, sync.id)


async def _refuse_empty(session: AsyncSession, source: Source) -> None:
    """Raises SourceError for a source that has become empty: a folder that is not mounted looks the same."""
    if await repository.count_items(session, source):
        raise SourceError(
            "The source is empty now, so no document was deleted. If it is meant to be empty, sync with"
            " allow_empty=true."
        )
