"""Pipelines that clients write as JSON, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator

from citewell.auth.dependencies import ResourcesParam, Runner
from citewell.extractors.schemas import Ids, RunStarted
from citewell.flows.pipelines import run_pipeline

router = APIRouter(prefix="/projects/{project_id}", tags=["Extraction Flows"])


class PipelineFromJson(BaseModel, extra="ignore"):
    """`pipeline`: `{"steps": [{"step": "parsing"}, {"step": "object-extraction", "object_extractor_id": "..."},
    {"step": "push-objects"}]}`; without steps, what is outdated is made anew."""

    pipeline: Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)] = {}
    document_ids: Ids = []


@router.post("/run-pipeline-from-json/", operation_id="runPipelineFromJson", response_model=RunStarted)
async def run(access: Runner, resources: ResourcesParam, body: PipelineFromJson) -> Any:
    """Run steps one after the other: those of documents first, then extractors, then pushes. A step that reads what
    another one makes names it in `depends_on`. What an extractor makes is deployed."""
    run_id = await run_pipeline(resources, access, body.pipeline, body.document_ids)
    return {"pipeline_run_id": run_id, "message": "The pipeline has started."}
