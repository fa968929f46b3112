"""Extraction flows over HTTP. A project has one, with fixed steps, from the start."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from citewell.auth.dependencies import Admin, ResourcesParam, Runner, Viewer
from citewell.documents import processing
from citewell.flows import service
from citewell.flows.schemas import FlowDocuments, FlowOut, FlowRunOut, FlowUpdate, NodeStats

router = APIRouter(prefix="/projects/{project_id}/extraction-flows", tags=["Extraction Flows"])


@router.get("/", operation_id="listExtractionFlows", response_model=list[FlowOut])
async def list_flows(access: Viewer, resources: ResourcesParam) -> Any:
    async with resources.database.read() as session:
        return [await service.get_flow(session, access.project_id)]


@router.patch("/{flow_id}/", operation_id="updateExtractionFlow", response_model=FlowOut)
async def update_flow(access: Admin, resources: ResourcesParam, flow_id: UUID, body: FlowUpdate) -> Any:
    """With `manual_publish`, new documents and new versions stay unseen by searches until they are published. Changing
    back to `auto_publish` publishes what waits."""
    service.check_id(access.project_id, flow_id)
    return await service.update_flow(resources, access, body)


@router.post("/{flow_id}/run-sync/", operation_id="runExtractionFlow", response_model=FlowRunOut)
async def run_flow(access: Runner, resources: ResourcesParam, flow_id: UUID, body: FlowDocuments | None = None) -> Any:
    """Redo what a change of settings has made outdated, and only that."""
    service.check_id(access.project_id, flow_id)
    ids = body.document_ids if body else []
    started = await processing.reprocess(resources, access.project_id, access.acting.user_id, ids or None)
    unchanged = started.steps["unchanged"]
    message = f"Processing {_documents(started.steps.total() - unchanged)}; {unchanged} need nothing."
    return {"message": message, "pipeline_run_id": started.run_id}


@router.post("/{flow_id}/node-stats/", operation_id="getExtractionFlowStatistics", response_model=dict[str, NodeStats])
async def node_stats(
    access: Viewer, resources: ResourcesParam, flow_id: UUID, body: FlowDocuments | None = None
) -> Any:
    """What a run would make anew and what it would take as it is, for each step, without running."""
    service.check_id(access.project_id, flow_id)
    ids = body.document_ids if body else []
    return await service.look_ahead(resources, access.project_id, ids or None)


@router.post("/{flow_id}/publish/", operation_id="publishExtractionFlow", response_model=FlowRunOut)
async def publish_flow(
    access: Runner, resources: ResourcesParam, flow_id: UUID, body: FlowDocuments | None = None
) -> Any:
    """Have searches see what waits for it. Only for flows with `manual_publish`."""
    service.check_id(access.project_id, flow_id)
    ids = body.document_ids if body else []
    run_id, count = await service.publish(resources, access, ids or None)
    return {"message": f"Publishing {_documents(count)}.", "pipeline_run_id": run_id}


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
