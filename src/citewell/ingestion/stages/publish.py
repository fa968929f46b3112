"""Publish: in one transaction the new version is what searches see, and the old one no longer is."""

from typing import TYPE_CHECKING

from sqlalchemy import update

from citewell.ingestion.steps import Overtaken, move
from citewell.models import Document, DocumentVersion
from citewell.models.passage import publish_version

if TYPE_CHECKING:
    from citewell.runtime import Runtime


async def run(runtime: "Runtime", version: DocumentVersion) -> None:
    async with runtime.database.begin() as session:
        # The document's row is locked first: a delete that came before wins, one that comes later waits.
        document = await session.get(Document, (version.project_id, version.document_id), with_for_update=True)
        if document is None or document.status != "active":
            raise Overtaken
        await move(session, version, "embedded", "published")
        await publish_version(session, version.project_id, version.document_id, version.id)
        mine = (Document.project_id == version.project_id) & (Document.id == version.document_id)
        await session.execute(
            update(Document).where(mine).values(live_version_id=version.id, page_count=version.page_count)
        )
        await runtime.pipeline.log(session, version, f"{document.name}: active")
        await runtime.pipeline.finish_run(session, version)
