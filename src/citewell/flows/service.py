"""The rules of flows: changing and running one, previewing a run, publishing by hand."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citewell.agent.models.pool import ModelPool
from citewell.audit.log import entry_of
from citewell.auth.access import Access
from citewell.documents import processing
from citewell.documents.processing import add_run, first_step
from citewell.errors import BadRequest
from citewell.extractors import results
from citewell.extractors.service import tables_of
from citewell.flows import repository
from citewell.flows.dag import STEP_NAMES, Dag, default_dag, read_dag, refused
from citewell.flows.planning import Planner, extractions_of
from citewell.flows.running import FlowJob, defer_run
from citewell.flows.schemas import FlowCreate, FlowUpdate, NodeStats
from citewell.flows.stored import Flow, find_flow, list_flows
from citewell.ingestion.chunk_settings import chunk_settings
from citewell.ingestion.pipeline import STEPS, step_named
from citewell.ingestion.planning import release
from citewell.ingestion.publish_mode import publishes_manually
from citewell.ingestion.stages import ENDED
from citewell.kit.ids import new_id
from citewell.models import DocumentVersion, ExtractionFlow, PipelineRun
from citewell.resources import Resources
from citewell.tables.document_tags import publish_document_tags
from citewell.tables.repository.tables import deploy_version, newest_version

MOST_FLOWS = 100  # of a project


async def to_wire(session: AsyncSession, project_id: UUID, flows: Sequence[Flow]) -> list[dict[str, Any]]:
    """Returns flows as clients see them. Their namespaces are the parts of the index that the project uses."""
    published = await repository.last_published(session, project_id)
    types = await repository.deployed_types(session, project_id)
    return [
        {
            "id": flow.id,
            "name": flow.name,
            "publish_mode": flow.publish_mode,
            "dag": flow.dag,
            "tpuf_namespaces": {one: f"{project_id}-{one}" for one in types},
            "last_pushed_to_tpuf": published,
            "created_at": flow.created_at,
            "updated_at": flow.updated_at,
        }
        for flow in flows
    ]


async def create_flow(session: AsyncSession, access: Access, asked: FlowCreate) -> dict[str, Any]:
    """Creates a flow and returns it as clients see it. Raises InvalidFields, and BadRequest beyond MOST_FLOWS."""
    if len(await list_flows(session, access.project_id)) >= MOST_FLOWS:
        raise BadRequest(f"A project may have at most {MOST_FLOWS} flows: delete those that nobody runs.")
    dag = read_dag(asked.dag) if asked.dag is not None else default_dag()
    await extractions_of(session, access.project_id, dag)
    values = {"name": asked.name, "publish_mode": asked.publish_mode, "dag": dag.model_dump(mode="json")}
    made = new_id()
    await repository.write_flow(session, access.project_id, made, values)
    session.add(entry_of(access, "flow_created", "extraction_flow", made, name=asked.name))
    return (await to_wire(session, access.project_id, [await find_flow(session, access.project_id, made)]))[0]


async def update_flow(
    session: AsyncSession, resources: Resources, access: Access, flow_id: UUID, changes: FlowUpdate
) -> dict[str, Any]:
    """Change a flow, and return it as clients see it. A change to `auto_publish` publishes what waits.

    Raises NotFound, InvalidFields.
    """
    values = changes.model_dump(include={"name", "publish_mode"}, exclude_none=True)
    flow = await find_flow(session, access.project_id, flow_id)
    if changes.dag is not None:
        values["dag"] = (await _checked(session, flow, changes.dag)).model_dump(mode="json")
    if values:
        await repository.write_flow(session, access.project_id, flow_id, values)
        told = {name: value if name != "dag" else "changed" for name, value in values.items()}
        session.add(entry_of(access, "flow_changed", "extraction_flow", flow_id, **told))
    if values.get("publish_mode") == "auto_publish":
        if flow.is_first:
            await _publish_waiting(resources, session, access, None)
        await _deploy(session, flow)
    return (await to_wire(session, access.project_id, [await find_flow(session, access.project_id, flow_id)]))[0]


async def delete_flow(session: AsyncSession, access: Access, flow_id: UUID) -> None:
    """Deletes a flow; its extractors and their tables stay.

    Raises NotFound, and BadRequest for the flow that every project has.
    """
    flow = await find_flow(session, access.project_id, flow_id)
    if flow.is_first:
        raise BadRequest("This flow cannot be deleted: it processes the documents of the project.")
    await session.delete(await session.get_one(ExtractionFlow, (access.project_id, flow_id)))
    session.add(entry_of(access, "flow_deleted", "extraction_flow", flow_id, name=flow.name))


async def run(resources: Resources, access: Access, flow_id: UUID, ids: Sequence[UUID]) -> tuple[UUID, str]:
    """Starts a run. Returns (id of the run, a sentence on what it begins with).

    Raises NotFound, and InvalidFields if the extractor of a node does not exist any more.
    """
    async with resources.database.read() as session:
        dag = read_dag((await find_flow(session, access.project_id, flow_id)).dag)
        extractions = await extractions_of(session, access.project_id, dag)
    after, message = None, "Nothing to do."
    if dag.has_steps:
        started = await processing.reprocess(resources, access.project_id, access.acting.user_id, ids or None)
        unchanged = started.steps["unchanged"]
        after = started.run_id
        message = f"Processing {documents(started.steps.total() - unchanged)}; {unchanged} need nothing."
        if not extractions:
            return after, message
    async with resources.database.write() as session:
        run_id = await add_run(session, access.project_id, access.acting.user_id)
        (await session.get_one(PipelineRun, (access.project_id, run_id))).pipeline_name = "extraction-flow"
        await defer_run(session, resources.queue, FlowJob(access.project_id, run_id, flow_id, list(ids), after))
    nodes = "1 extractor" if len(extractions) == 1 else f"{len(extractions)} extractors"
    return run_id, f"{message} Then {nodes}." if after else f"Running {nodes}."


async def publish(
    session: AsyncSession, resources: Resources, access: Access, flow_id: UUID, document_ids: Sequence[UUID] | None
) -> tuple[UUID, int, int]:
    """Publishes what waits for it. Returns (id of the run, number of documents, number of tables).

    Raises NotFound, and BadRequest for a flow with `auto_publish`.
    """
    first = await publishes_manually(session, access.project_id, lock=True)
    flow = await find_flow(session, access.project_id, flow_id)
    if not first if flow.is_first else flow.publish_mode != "manual_publish":
        raise BadRequest(
            "This flow publishes by itself at the end of a run, so nothing waits for it. "
            "Set its publish_mode to manual_publish to decide yourself."
        )
    tables = await _deploy(session, flow)
    wanted = document_ids if flow.is_first else []
    return *(await _publish_waiting(resources, session, access, wanted)), tables


async def _checked(session: AsyncSession, flow: Flow, sent: Mapping[str, Any]) -> Dag:
    dag = read_dag(sent)
    if flow.is_first and not dag.has_steps:
        raise refused(f"nodes: this flow processes the documents of the project, so {', '.join(STEP_NAMES)} stay in it")
    await extractions_of(session, flow.project_id, dag)
    return dag


async def _deploy(session: AsyncSession, flow: Flow) -> int:
    """Deploys the newest version of each table that the flow fills. Returns how many were not deployed before.

    Skips nodes whose extractor was deleted.
    """
    count = 0
    extractions = await extractions_of(session, flow.project_id, read_dag(flow.dag), missing_ok=True)
    for found in extractions.values():
        tables = await tables_of(session, flow.project_id, found.family, [found.extractor.id])
        for table in tables[found.extractor.id].values():
            newest = await newest_version(session, flow.project_id, table.id)
            if newest is not None and not newest.deployed:
                await deploy_version(session, newest)
                await publish_document_tags(session, table, newest)
                count += 1
    return count


async def _publish_waiting(
    resources: Resources, session: AsyncSession, access: Access, document_ids: Sequence[UUID] | None
) -> tuple[UUID, int]:
    run_id = await add_run(session, access.project_id, access.acting.user_id, mode="publish")
    versions = await repository.lock_waiting_versions(session, access.project_id, document_ids)
    for version in versions:
        version.run_id = run_id
        await session.flush()
        await release(session, resources.queue, version, step_named("publish"))
    if not versions:  # the end of its last document completes a run, so one without documents is completed here
        await repository.complete_run(session, access.project_id, run_id)
    return run_id, len({version.document_id for version in versions})


async def look_ahead(
    session: AsyncSession,
    models: ModelPool,
    project_id: UUID,
    flow_id: UUID,
    document_ids: Sequence[UUID] | None,
) -> dict[str, NodeStats]:
    """Returns what a run would do now, by the id of the node.

    Rows are streamed, so the session must hold a transaction. Raises NotFound, InvalidFields.
    """
    settings = await chunk_settings(session, project_id)
    dag = read_dag((await find_flow(session, project_id, flow_id)).dag)
    extractions = await extractions_of(session, project_id, dag)
    planner = Planner(dag, extractions, models, document_ids or [])
    nodes = {node.id: NodeStats() for node in dag.nodes}
    if steps := {node.kind: nodes[node.id] for node in dag.nodes if node.is_step}:
        async for document, version in repository.stream_newest_versions(session, project_id, document_ids):
            _count(steps, version, first_step(document, version, settings))
    for node in dag.in_order():
        if not node.is_step:
            wanted = await planner.inputs(session, node)
            made = await results.made(session, project_id, wanted)
            nodes[node.id] = NodeStats(documents=len(wanted), reused=len(made), recomputed=len(wanted) - len(made))
    return nodes


def _count(nodes: Mapping[str, NodeStats], version: DocumentVersion, first: Any) -> None:
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


def documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
