"""Reading and changing a project's flow, looking ahead at what a run would do, and publishing by hand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents.processing import add_run, first_step
from citewell.documents.repository import is_project_document, newest_versions
from citewell.errors import BadRequest, InvalidFields, NotFound
from citewell.flows.schemas import DAG, FlowUpdate, NodeStats
from citewell.ingestion.chunk_settings import chunk_settings
from citewell.ingestion.pipeline import STEPS, step_named
from citewell.ingestion.publish_mode import NAME, flow_id, publishes_manually
from citewell.ingestion.step_state import ENDED, release
from citewell.models import Document, DocumentVersion, ExtractionFlow, PipelineRun, Project
from citewell.resources import Resources

_BATCH = 1000  # rows in memory at once


async def get_flow(session: AsyncSession, project_id: UUID) -> dict[str, Any]:
    project = await session.get_one(Project, project_id)
    row = await session.get(ExtractionFlow, (project_id, flow_id(project_id)), populate_existing=True)
    return {
        "id": flow_id(project_id),
        "name": row.name if row is not None else NAME,
        "publish_mode": row.publish_mode if row is not None else "auto_publish",
        "dag": DAG,
        "tpuf_namespaces": {},
        "last_pushed_to_tpuf": None,
        "created_at": project.created_at,
        "updated_at": row.updated_at if row is not None else project.created_at,
    }


def check_id(project_id: UUID, wanted: UUID) -> None:
    if wanted != flow_id(project_id):
        raise NotFound("There is no such extraction flow in this project.")


async def update_flow(resources: Resources, access: Access, changes: FlowUpdate) -> dict[str, Any]:
    """What waits to be published by hand is published when that is changed to by itself. Raises InvalidFields."""
    if changes.dag is not None and changes.dag != DAG:
        raise InvalidFields({"dag": ["The steps of this flow are fixed: send dag as it was read, or leave it out."]})
    values = changes.model_dump(include={"name", "publish_mode"}, exclude_none=True)
    async with resources.database.write() as session:
        if values:
            defaults = {"name": NAME, "publish_mode": "auto_publish"}
            statement = insert(ExtractionFlow).values(
                project_id=access.project_id, id=flow_id(access.project_id), **defaults | values
            )
            key = [ExtractionFlow.project_id, ExtractionFlow.id]
            changed = values | {"updated_at": func.clock_timestamp()}
            await session.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))
            session.add(entry_of(access, "flow_changed", "extraction_flow", flow_id(access.project_id), **values))
        if values.get("publish_mode") == "auto_publish":
            await _publish_waiting(resources, session, access, None)
        return await get_flow(session, access.project_id)


async def publish(resources: Resources, access: Access, document_ids: Sequence[UUID] | None) -> tuple[UUID, int]:
    """The run that publishes what waits for it, and how many documents those are. Raises BadRequest."""
    async with resources.database.write() as session:
        if not await publishes_manually(session, access.project_id, lock=True):
            raise BadRequest(
                "This flow publishes by itself at the end of a run, so nothing waits for it. "
                "Set its publish_mode to manual_publish to decide yourself."
            )
        return await _publish_waiting(resources, session, access, document_ids)


async def _publish_waiting(
    resources: Resources, session: AsyncSession, access: Access, document_ids: Sequence[UUID] | None
) -> tuple[UUID, int]:
    run_id = await add_run(session, access.project_id, access.acting.user_id, mode="publish")
    query = (
        select(DocumentVersion)
        .join(
            Document,
            (Document.project_id == DocumentVersion.project_id) & (Document.id == DocumentVersion.document_id),
        )
        .where(
            DocumentVersion.project_id == access.project_id, DocumentVersion.stage == "embedded", is_project_document()
        )
        .order_by(DocumentVersion.id)
        .with_for_update(of=DocumentVersion)
    )
    if document_ids is not None:
        query = query.where(Document.id.in_(document_ids))
    versions = list(await session.scalars(query))
    for version in versions:
        version.run_id = run_id
        await session.flush()
        await release(session, resources.queue, version, step_named("publish"))
    if not versions:  # a run without a document has nothing that would end it
        mine = (PipelineRun.project_id == access.project_id) & (PipelineRun.id == run_id)
        await session.execute(update(PipelineRun).where(mine).values(status="completed"))
    return run_id, len({version.document_id for version in versions})


async def look_ahead(
    resources: Resources, project_id: UUID, document_ids: Sequence[UUID] | None
) -> dict[str, NodeStats]:
    """What a run would do now, by the name of the step."""
    settings = await chunk_settings(resources.database, project_id)
    nodes = {step.name: NodeStats() for step in STEPS}
    async with resources.database.read(transaction=True) as session:
        query = newest_versions(project_id, document_ids).where(Document.status == "active")
        rows = await session.stream(query.execution_options(yield_per=_BATCH))
        async for document, version in rows:
            first = first_step(document, version, settings)
            for step in STEPS:
                node = nodes[step.name]
                node.documents += 1
                if first is not None:
                    anew = STEPS.index(step) >= STEPS.index(first)
                    node.recomputed += anew
                    node.reused += not anew
                elif version.stage in (*ENDED, "embedded"):
                    node.reused += 1
                else:
                    node.underway += 1
    return nodes
