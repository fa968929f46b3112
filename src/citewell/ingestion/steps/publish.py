"""The step that publishes a version: in one transaction, searches see it instead of the document's old version."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.db.partitions import wants_vector_index
from citewell.ingestion.repository.documents import lock_documents, show_versions
from citewell.ingestion.repository.versions import find_numbers
from citewell.ingestion.run_log import finish_run, log_lines
from citewell.ingestion.step import Done, Result, StepContext
from citewell.ingestion.step_jobs import defer_vector_index
from citewell.models import Document, DocumentVersion
from citewell.models.passage import publish_versions, remove_staged
from citewell.models.table import renumber_live
from citewell.resources import Resources


async def run(context: StepContext) -> Result:
    return Result(context.document.name)


async def claim(session: AsyncSession, versions: Sequence[DocumentVersion]) -> dict[UUID, str]:
    """Returns the stage of each version whose document still exists: published, or superseded if a newer version is
    live already.

    Locks the documents' rows: an earlier deletion wins, a later one waits.
    """
    project_id = versions[0].project_id
    wanted = {version.document_id for version in versions}
    locked = await lock_documents(session, project_id, wanted)
    documents = {document.id: document for document in locked if document.status == "active"}
    newest = await _live_numbers(session, project_id, documents.values())
    for version in versions:
        newest[version.document_id] = max(newest.get(version.document_id, 0), version.number)
    return {
        version.id: "published" if version.number == newest[version.document_id] else "superseded"
        for version in versions
        if version.document_id in documents
    }


async def _live_numbers(session: AsyncSession, project_id: UUID, documents: Iterable[Document]) -> dict[UUID, int]:
    """Returns the number of each document's live version, by document."""
    live = [document.live_version_id for document in documents if document.live_version_id is not None]
    if not live:
        return {}
    return await find_numbers(session, project_id, live)


async def store(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
    project_id = done[0].version.project_id
    published = [one.version for one in done if one.stage == "published"]
    for one in done:
        if one.stage == "superseded":
            await remove_staged(session, project_id, one.version.id)
    if published:
        await publish_versions(session, project_id, {version.document_id: version.id for version in published})
        await show_versions(session, project_id, [version.id for version in published])
        await renumber_live(session, project_id)
    await log_lines(session, [(one.version, f"{one.result.made}: active") for one in done if one.stage == "published"])
    for version in {one.version.run_id: one.version for one in done}.values():
        await finish_run(session, version)
    if await wants_vector_index(await session.connection(), project_id):
        await defer_vector_index(session, resources.queue, project_id)


def stored(resources: Resources, project_id: UUID) -> None:
    resources.retriever.forget(project_id)
