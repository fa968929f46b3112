"""Background tasks: removing deleted documents and projects, retention, vector indexes, re-embedding."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import procrastinate
import structlog

from citewell.db.partitions import drop_project_partition, ensure_vector_index
from citewell.db.retention import delete_expired
from citewell.documents.extracted import remove_extracted
from citewell.documents.incoming import forget, incoming_folder, remove_old
from citewell.documents.orphans import forget_expired_uploads, remove_orphans
from citewell.documents.repository.removal import delete_chunks_and_figures, delete_project
from citewell.documents.repository.uploads import pending_uploads
from citewell.ingestion.reembed import embed_stale_passages, embed_stale_projects
from citewell.jobs.queue import Retrying
from citewell.kit.time import now
from citewell.mail import OUTBOX
from citewell.models import Document, Project
from citewell.models.passage import remove_document
from citewell.resources import Resources
from citewell.storage import FileStore, document_prefix

log = structlog.get_logger(__name__)

_UPLOAD_GRACE = 86_400.0  # seconds after the end of its address that an upload is left alone


async def purge_document(resources: Resources, project_id: UUID, document_id: UUID) -> None:
    """Remove a deleted document's files, chunks, passages, figures and what was extracted from it. Its row stays, with
    the status `deleted`."""
    async with resources.database.read() as session:
        document = await session.get(Document, (project_id, document_id))
    if document is not None and document.status == "active":
        log.error("document_not_deleted", project=str(project_id), document=str(document_id))
        return  # its rows name its files
    await resources.files.delete_prefix(document_prefix(project_id, document_id))
    async with resources.database.write(statement_seconds=0) as session:
        document = await session.get(Document, (project_id, document_id), with_for_update={"key_share": True})
        if document is None:
            return
        await remove_document(session, project_id, document_id)
        await remove_extracted(session, resources.queue, project_id, document_id)
        await delete_chunks_and_figures(session, project_id, document_id)
        document.status = "deleted"
        document.live_version_id = None


async def purge_project(resources: Resources, project_id: UUID) -> None:
    async with resources.database.read() as session:
        project = await session.get(Project, project_id)
    if project is not None and project.deleted_at is None:
        log.error("project_not_deleted", project=str(project_id))
        return
    await resources.files.delete_prefix(str(project_id))
    async with resources.database.read() as session:
        uploads = await pending_uploads(session, project_id)
    for upload_id in uploads:
        await forget(resources, project_id, upload_id)
    async with resources.database.write(statement_seconds=0) as session:
        await delete_project(session, project_id)
        await drop_project_partition(await session.connection(), project_id)


async def forget_what_has_expired(resources: Resources) -> dict[str, int]:
    """Delete what is older than its retention period; returns the number of rows or files by kind."""
    settings = resources.settings
    periods = ("streams", "run_logs", "jobs", "notifications", "sign_ins", "webhooks", "audit")
    days = {name: int(getattr(settings, f"keep_{name}_days")) for name in periods}
    gone = await delete_expired(resources.database, days)
    gone["uploads"] = await forget_expired_uploads(resources)
    before = now().timestamp() - settings.upload_url_seconds - _UPLOAD_GRACE
    gone["upload_files"] = await asyncio.to_thread(remove_old, incoming_folder(settings.data_dir), before)
    gone["outbox"] = await asyncio.to_thread(_empty_outbox, settings.data_dir / OUTBOX, settings.keep_outbox_days)
    gone["outbox"] += await _empty_stored_outbox(resources.files, settings.keep_outbox_days)
    log.info("expired_deleted", **gone)
    return gone


def _empty_outbox(folder: Path, days: int) -> int:
    before = now().timestamp() - days * 86_400
    old = [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < before] if days else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


async def _empty_stored_outbox(files: FileStore, days: int) -> int:
    before, old = now() - timedelta(days=days), list[str]()
    async for batch in files.list(OUTBOX):
        old += [item.key for item in batch if days and item.modified < before]
    for key in old:
        await files.delete(key)
    return len(old)


def make_tasks() -> procrastinate.Blueprint:
    """Tasks for the queue's namespace `maintenance`."""
    blueprint = procrastinate.Blueprint()
    retry = Retrying(max_attempts=10, exponential_wait=2)

    @blueprint.task(name="delete_document", pass_context=True, retry=retry)
    async def delete_document(context: procrastinate.JobContext, *, project_id: str, document_id: str) -> None:
        await purge_document(context.additional_context["resources"], UUID(project_id), UUID(document_id))

    @blueprint.task(name="delete_project", pass_context=True, retry=retry)
    async def delete_project(context: procrastinate.JobContext, *, project_id: str) -> None:
        await purge_project(context.additional_context["resources"], UUID(project_id))

    @blueprint.task(name="build_vector_index", pass_context=True, retry=retry)
    async def build_vector_index(context: procrastinate.JobContext, *, project_id: str) -> None:
        resources: Resources = context.additional_context["resources"]
        async with resources.database.autocommit(statement_seconds=0) as connection:
            await ensure_vector_index(connection, UUID(project_id))

    @blueprint.task(name="embed_stale", pass_context=True, retry=retry)
    async def embed_stale(context: procrastinate.JobContext) -> None:
        await embed_stale_projects(context.additional_context["resources"])

    @blueprint.task(name="embed_project", pass_context=True, retry=retry)
    async def embed_project(context: procrastinate.JobContext, *, project_id: str) -> None:
        await embed_stale_passages(context.additional_context["resources"], UUID(project_id))

    @blueprint.periodic(cron="17 * * * *")
    @blueprint.task(name="retention", queue="maintenance", queueing_lock="retention", pass_context=True, retry=retry)
    async def retention(context: procrastinate.JobContext, timestamp: int) -> None:
        await forget_what_has_expired(context.additional_context["resources"])

    @blueprint.periodic(cron="41 3 * * *")
    @blueprint.task(
        name="check_files", queue="maintenance", queueing_lock="check_files", pass_context=True, retry=retry
    )
    async def check_files(context: procrastinate.JobContext, timestamp: int) -> None:
        await remove_orphans(context.additional_context["resources"])

    return blueprint
