"""The state that the parts of a sync share: its source, and how it continues and ends."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.connectors import slices
from citewell.connectors.protocol import Connector
from citewell.connectors.slices import Slice
from citewell.connectors.storable import storable_text
from citewell.jobs.publishing import Work, defer_all
from citewell.kit.time import now
from citewell.models import Source, SourceSync
from citewell.resources import Resources

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sync:
    """The state that every part of a sync gets."""

    resources: Resources
    source: Source
    id: UUID
    connector: Connector
    slice: Slice


async def queue_slice(
    session: AsyncSession, resources: Resources, source: Source, sync_id: UUID, wait_seconds: int = 0
) -> None:
    """Publish the job for the next slice of a sync, which does not begin before `wait_seconds` have passed."""
    ids = {"project_id": str(source.project_id), "source_id": str(source.id), "sync_id": str(sync_id)}
    job = Work("connectors:sync", ids, f"source:{source.id}", slices.SECONDS, wait_seconds)
    await defer_all(session, resources.queue, [job])


async def end_sync(
    resources: Resources, source: Source, sync_id: UUID, error: str | None = None, *, lists_everything: bool = False
) -> None:
    """Mark the sync as completed or, with an error, as failed."""
    async with resources.database.write() as session:
        sync = await session.get(SourceSync, (source.project_id, sync_id), with_for_update=True)
        if sync is None or sync.state != "running":
            return
        sync.state, sync.ended_at = ("failed" if error else "completed"), now()
        sync.error = storable_text(error) if error else None
        if not error:
            stored = await session.get_one(Source, (source.project_id, source.id), with_for_update=True)
            # What failed is tried again by the next sync, which must therefore look at everything.
            stored.checkpoint = {} if sync.failed and not lists_everything else sync.checkpoint
    log.info("source_synced", source=str(source.id), error=error)
