"""Extraction flows over HTTP. A project has one from the start; others are made."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from citewell.auth.dependencies import Admin, DatabaseParam, ModelsParam, ResourcesParam, Runner, Viewer
from citewell.db.direct import repeated
from citewell.flows import service, stored
from citewell.flows.schemas import FlowCreate, FlowDocuments, FlowOut, FlowRunOut, FlowUpdate, NodeStats

router = APIRouter(prefix="/projects/{project_id}/extraction-flows", tags=["Extraction Flows"])


@router.get("/", operation_id="listExtractionFlows", response_model=list[FlowOut])
async def list_flows(access: Viewer, database: DatabaseParam) -> Any:
    """The one changed last first. Every project has one from the start."""
    async with database.read() as session:
        flows = await stored.list_flows(session, access.project_id)
        return await service.to_wire(session, access.project_id, flows)


@router.post("/", operation_id="createExtractionFlow", response_model=FlowOut, status_code=201)
async def create_flow(access: Admin, database: DatabaseParam, body: FlowCreate) -> Any:
    """Make a flow. A graph that has a circle, or a node with nothing to read, is refused with its place."""
    async with database.write() as session:
        return await service.create_flow(session, access, body)


@router.get("/{flow_id}/", operation_id="getExtractionFlow", response_model=FlowOut)
async def get_flow(access: Viewer, database: DatabaseParam, flow_id: UUID) -> Any:
    async with database.read() as session:
        flow = await stored.find_flow(session, access.project_id, flow_id)
        return (await service.to_wire(session, access.project_id, [flow]))[0]


@router.patch("/{flow_id}/", operation_id="updateExtractionFlow", response_model=FlowOut)
async def update_flow(access: Admin, resources: ResourcesParam, flow_id: UUID, body: FlowUpdate) -> Any:
    """`dag` replaces the graph.

    With `manual_publish`, what a run makes stays unseen by searches until it is published; in the flow that every
    project has, new documents and new versions do as well. Changing back to `auto_publish` publishes what waits.
    """
    async with resources.database.write() as session:
        return await service.update_flow(session, resources, access, flow_id, body)


@router.delete("/{flow_id}/", operation_id="deleteExtractionFlow", status_code=204)
async def delete_flow(access: Admin, database: DatabaseParam, flow_id: UUID) -> Response:
    """Deletes a flow. Its extractors and their tables stay. The flow that every project has cannot be deleted."""
    async with database.write() as session:
        await service.delete_flow(session, access, flow_id)
    return Response(status_code=204)


@router.post("/{flow_id}/run-sync/", operation_id="runExtractionFlow", response_model=FlowRunOut)
async def run_flow(access: Runner, resources: ResourcesParam, flow_id: UUID, body: FlowDocuments | None = None) -> Any:
    """Redo what a change has made outdated, and only that: documents first, then node after node."""
    run_id, message = await service.run(resources, access, flow_id, body.document_ids if body else [])
    return {"message": message, "pipeline_run_id": run_id}


@router.post("/{flow_id}/node-stats/", operation_id="getExtractionFlowStatistics", response_model=dict[str, NodeStats])
async def node_stats(
    access: Viewer, database: DatabaseParam, models: ModelsParam, flow_id: UUID, body: FlowDocuments | None = None
) -> Any:
    """Tells for each node what a run would make anew and what it would reuse, without running."""
    ids = body.document_ids if body else []

    async def look_ahead() -> Any:
        async with database.read(transaction=True) as session:
            return await service.look_ahead(session, models, access.project_id, flow_id, ids or None)

    return await repeated(look_ahead)


@router.post("/{flow_id}/publish/", operation_id="publishExtractionFlow", response_model=FlowRunOut)
async def publish_flow(
    access: Runner, resources: ResourcesParam, flow_id: UUID, body: FlowDocuments | None = None
) -> Any:
    """Makes what waits for it searchable. Only for flows with `manual_publish`."""
    ids = body.document_ids if body else []
    async with resources.database.write() as session:
        run_id, count, tables = await service.publish(session, resources, access, flow_id, ids or None)
    told = f" and {tables} {'table' if tables == 1 else 'tables'}" if tables else ""
    return {"message": f"Publishing {service.documents(count)}{told}.", "pipeline_run_id": run_id}
