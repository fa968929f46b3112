"""Publish: in one transaction the new version is what searches see, and the old one no longer is."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.partitions import wants_vector_index
from citewell.ingestion.run_log import finish_run, log_line
from citewell.ingestion.step_state import Overtaken, StepContext, defer_vector_index
from citewell.models import Document, DocumentVersion
from citewell.models.passage import publish_version, remove_staged
from citewell.models.table import renumber_live


async def run(context: StepContext) -> None:
    resources, version = context.resources, context.version
    async with resources.database.write() as session:
        # The document's row is locked first: a delete that came before wins, one that comes later waits.
        key, how = (version.project_id, version.document_id), {"key_share": True}
        document = await session.get(Document, key, with_for_update=how)
        if document is None or document.status != "active":
            raise Overtaken
        if await _is_superseded(session, version, document):
            await context.complete(session, stage="superseded")
            await remove_staged(session, version.project_id, version.id)
            await finish_run(session, version)
            return
        await context.complete(session)
        await publish_version(session, version.project_id, version.document_id, version.id)
        mine = (Document.project_id == version.project_id) & (Document.id == version.document_id)
        values = {"live_version_id": version.id, "page_count": version.page_count, "file_key": version.file_key}
        if version.file_size is not None:
            values["file_size"] = version.file_size
        await session.execute(update(Document).where(mine).values(**values))
        await renumber_live(session, version.project_id)
        await log_line(session, version, f"{document.name}: active")
        await finish_run(session, version)
        if await wants_vector_index(await session.connection(), version.project_id):
            await defer_vector_index(session, resources.queue, version.project_id)
    resources.retriever.forget(version.project_id)


async def _is_superseded(session: AsyncSession, version: DocumentVersion, document: Document) -> bool:
    """Whether a newer version of the document was faster."""
    if document.live_version_id is None:
        return False
    live = await session.get(DocumentVersion, (version.project_id, document.live_version_id))
    return live is not None and live.number > version.number
