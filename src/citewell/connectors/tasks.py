"""Background tasks of sources: beginning the syncs that are due, running one, and removing a source."""

import asyncio
from functools import partial
from uuid import UUID

import procrastinate

from citewell.connectors import repository
from citewell.connectors.git import forget
from citewell.connectors.kinds import context_of
from citewell.connectors.state import end_sync
from citewell.connectors.sync import begin_sync, remove_item_document, work
from citewell.jobs.queue import RETRIES, reason_of, work_or_give_up
from citewell.models import Source
from citewell.resources import Resources

_AT_ONCE = 100
_BATCH = 50


async def begin_due(resources: Resources) -> int:
    """Begin the syncs that are due; returns their number."""
    async with resources.database.write() as session:
        due = await repository.due_sources(session, _AT_ONCE)
        for source in due:
            await begin_sync(session, resources, source, allow_empty=False)
    return len(due)


async def remove_source(resources: Resources, project_id: UUID, source_id: UUID, delete_documents: bool) -> None:
    """Delete a source and, where that is wanted, the documents that it brought."""
    async with resources.database.read() as session:
        source = await session.get(Source, (project_id, source_id))
    if source is None:
        return
    while delete_documents:
        async with resources.database.write() as session:
            rows = await repository.gone_items(session, source, None, _BATCH)
            for row in rows:
                await remove_item_document(session, resources, row)
                await session.delete(row)
        if not rows:
            break
    async with resources.database.write() as session:
        stored = await session.get(Source, (project_id, source_id), with_for_update=True)
        if stored is not None:
            await session.delete(stored)
    await asyncio.to_thread(forget, context_of(resources, source).folder)


def make_tasks() -> procrastinate.Blueprint:
    """Returns the tasks of the namespace `connectors`."""
    blueprint = procrastinate.Blueprint()

    @blueprint.periodic(cron="* * * * *")
    @blueprint.task(name="schedule", queue="sync", queueing_lock="source_schedule", pass_context=True, retry=RETRIES)
    async def schedule(context: procrastinate.JobContext, timestamp: int) -> None:
        await begin_due(context.additional_context["resources"])

    @blueprint.task(name="sync", pass_context=True, retry=RETRIES)
    async def sync(context: procrastinate.JobContext, *, project_id: str, source_id: str, sync_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        ids = UUID(project_id), UUID(source_id), UUID(sync_id)

        async def give_up(error: Exception) -> None:
            reason = reason_of(error)
            async with resources.database.read() as session:
                source = await session.get(Source, ids[:2])
            if source is not None:
                await end_sync(resources, source, ids[2], reason)

        await work_or_give_up(context.job, partial(work, resources, *ids), give_up, "sync_broke", source=source_id)

    @blueprint.task(name="remove", pass_context=True, retry=RETRIES)
    async def remove(
        context: procrastinate.JobContext, *, project_id: str, source_id: str, delete_documents: bool
    ) -> None:
        resources: Resources = context.additional_context["resources"]
        await remove_source(resources, UUID(project_id), UUID(source_id), delete_documents)

    return blueprint
