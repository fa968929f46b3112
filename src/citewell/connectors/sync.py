"""A sync: list the source, fetch what is new or has changed, delete what is gone.

Every step is stored as it is done, so a sync that is killed goes on where it was: the id of a document is chosen before
the document is stored, and what was stored under it is found again. A job lists or fetches for a slice of time only,
and then lets other projects go first.
"""

import contextlib
import mimetypes
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.connectors import repository
from citewell.connectors.kinds import context_of, opened
from citewell.connectors.listing import list_items
from citewell.connectors.protocol import Content, Item, SourceError
from citewell.connectors.slices import Slice
from citewell.connectors.state import Sync, end_sync, queue_slice
from citewell.connectors.storable import storable_text
from citewell.documents.removal import begin_removal
from citewell.documents.uploads import Upload, add_documents, add_version
from citewell.errors import BadRequest, CitewellError
from citewell.jobs.progress import note_progress
from citewell.kit.ids import new_id
from citewell.kit.outages import outage
from citewell.models import Document, Source, SourceItem, SourceSync
from citewell.resources import Resources

log = structlog.get_logger(__name__)

_BATCH = 20
_GONE_BATCH = 50


async def begin_sync(session: AsyncSession, resources: Resources, source: Source, allow_empty: bool) -> SourceSync:
    """Returns the running sync, or a new one with its job. The caller has locked the source."""
    running = await repository.find_running(session, source)
    if running is not None:
        return running
    sync = SourceSync(project_id=source.project_id, id=new_id(), source_id=source.id, allow_empty=allow_empty)
    session.add(sync)
    await session.flush()
    await session.refresh(sync)
    await queue_slice(session, resources, source, sync.id)
    return sync


async def work(
    resources: Resources, project_id: UUID, source_id: UUID, sync_id: UUID, part: Slice | None = None
) -> None:
    """Work on a sync for a slice of time."""
    async with resources.database.read() as session:
        source = await session.get(Source, (project_id, source_id))
        sync = await session.get(SourceSync, (project_id, sync_id))
    if source is None or sync is None or sync.state != "running":
        return
    if not source.enabled:
        await end_sync(resources, source, sync_id, "The source was switched off.")
        return
    try:
        async with opened(resources, source) as connector:
            running = Sync(resources, source, sync_id, connector, part or Slice())
            if sync.phase == "listing" and not await list_items(running, sync):
                return
            is_complete = connector.is_complete and await _is_complete(running)
            while await _fetch_batch(running):
                if running.slice.is_over:
                    async with resources.database.write() as session:
                        await queue_slice(session, resources, source, sync_id, running.slice.wait_seconds)
                    return
            if is_complete:
                await _delete_gone(running)
        await end_sync(resources, source, sync_id, lists_everything=connector.lists_everything)
    except SourceError as error:
        await end_sync(resources, source, sync_id, str(error))


async def _is_complete(sync: Sync) -> bool:
    """Tells whether the listing was complete, perhaps in another process."""
    async with sync.resources.database.read() as session:
        return (await session.get_one(SourceSync, (sync.source.project_id, sync.id))).is_complete


async def _fetch_batch(sync: Sync) -> bool:
    """Fetch the next few items, until the slice is over. False if none was left."""
    async with sync.resources.database.read() as session:
        rows = await repository.pending_items(session, sync.source, sync.id, _BATCH)
    new: list[tuple[SourceItem, UUID, Content]] = []
    with contextlib.ExitStack() as stack:
        for row in rows:
            try:
                content = await _content(sync, row)
                stack.callback(content.file.close)
                document_id, is_new = await _reserve(sync, row)
                row.document_id = document_id
                if is_new:
                    new.append((row, document_id, content))
                else:
                    await _replace(sync, row, document_id, content)
            except (SourceError, CitewellError) as error:
                await _fail(sync, row, str(error))
            if not await sync.slice.goes_on(sync.connector.pause):
                break
        await _add(sync, new)
    return bool(rows)


async def _content(sync: Sync, row: SourceItem) -> Content:
    item, most = Item(**row.item), context_of(sync.resources, sync.source).max_bytes
    if item.size is not None and item.size > most:
        raise SourceError(f"It is larger than {most:,} bytes.")
    try:
        return await sync.connector.fetch(item)
    except Exception as error:
        if isinstance(error, SourceError | CitewellError) or outage(error) is not None:
            raise
        log.warning("item_broke", source=str(sync.source.id), exc_info=error)
        raise SourceError("Something went wrong on the server; its log says what.") from None


async def _reserve(sync: Sync, row: SourceItem) -> tuple[UUID, bool]:
    """Returns the id of the item's document, and whether that is yet to be made.

    The row is read anew: a sync whose job was given to another worker may go on beside this one.
    """
    async with sync.resources.database.write() as session:
        stored = await session.get(SourceItem, (row.project_id, row.source_id, row.key), with_for_update=True)
        if stored is None:
            raise SourceError("The source was removed.")
        if stored.document_id is not None:
            document = await session.get(Document, (row.project_id, stored.document_id))
            if document is None or document.status == "active":
                return stored.document_id, document is None
        stored.document_id = new_id()
        return stored.document_id, True


async def _add(sync: Sync, new: list[tuple[SourceItem, UUID, Content]]) -> None:
    """Store new documents, all as one pipeline run; one by one where that is refused."""
    if not new:
        return
    uploads = [_upload(sync, row, document_id, content) for row, document_id, content in new]
    try:
        await add_documents(sync.resources, sync.source.project_id, None, uploads)
    except CitewellError as error:
        if len(new) == 1:
            await _fail(sync, new[0][0], error.message)
            return
        for one in new:
            one[2].file.seek(0)
            await _add(sync, [one])
        return
    async with sync.resources.database.write() as session:
        for row, _, _ in new:
            await _mark_done(session, sync, row)
        await repository.count_up(session, sync.source, sync.id, added=len(new))
        await note_progress(session)


async def _replace(sync: Sync, row: SourceItem, document_id: UUID, content: Content) -> None:
    upload = _upload(sync, row, None, content)
    try:
        await add_version(sync.resources, sync.source.project_id, None, document_id, upload)
    except BadRequest:  # it is of another kind now: another document
        async with sync.resources.database.write() as session:
            await _remove(session, sync, row)
            await repository.note(session, sync.source, row.key, document_id=None)
        raise SourceError("It is a file of another kind now: the next sync adds it as a new document.") from None
    async with sync.resources.database.write() as session:
        await _mark_done(session, sync, row)
        await repository.count_up(session, sync.source, sync.id, changed=1)
        await note_progress(session)


def _upload(sync: Sync, row: SourceItem, document_id: UUID | None, content: Content) -> Upload:
    item, source = Item(**row.item), sync.source
    kind = content.content_type.partition(";")[0].strip() or mimetypes.guess_type(item.name)[0] or ""
    origin = {"source_id": str(source.id), "source_name": source.name, "key": item.key}
    return Upload(
        name=item.name[:255],
        content_type=kind,
        file=content.file,
        metadata=[],
        folder=item.folder,
        source=source.kind,
        origin=origin,
        reserved_id=document_id,
    )


async def _mark_done(session: AsyncSession, sync: Sync, row: SourceItem) -> None:
    await repository.note(session, sync.source, row.key, mark=row.listed_mark, state="done", error=None)


async def _fail(sync: Sync, row: SourceItem, reason: str) -> None:
    async with sync.resources.database.write() as session:
        await repository.note(session, sync.source, row.key, state="failed", error=storable_text(reason[:1000]))
        await repository.count_up(session, sync.source, sync.id, failed=1)


async def _delete_gone(sync: Sync) -> None:
    while True:
        async with sync.resources.database.write() as session:
            rows = await repository.gone_items(session, sync.source, sync.id, _GONE_BATCH)
            for row in rows:
                await _remove(session, sync, row)
                await session.delete(row)
            await repository.count_up(session, sync.source, sync.id, deleted=len(rows))
        if not rows:
            return


async def _remove(session: AsyncSession, sync: Sync, row: SourceItem) -> None:
    """Begin to delete the item's document, unless somebody has done so."""
    await remove_item_document(session, sync.resources, row)


async def remove_item_document(session: AsyncSession, resources: Resources, row: SourceItem) -> None:
    if row.document_id is None:
        return
    key, how = (row.project_id, row.document_id), {"key_share": True}
    document = await session.get(Document, key, with_for_update=how)
    if document is not None and document.status == "active":
        await begin_removal(resources, session, document)
