"""Pipeline runs over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from citewell.auth.dependencies import DatabaseParam, Runner, Viewer
from citewell.errors import NotFound
from citewell.kit.pagination import Page, PagingParams
from citewell.models import PipelineRun
from citewell.runs import repository
from citewell.runs.abort import abort
from citewell.runs.schemas import RunListItem, RunOut, common

router = APIRouter(prefix="/projects/{project_id}/pipeline-runs", tags=["Pipeline Runs"])

Status = Literal["pending", "running", "completed", "completed_with_warnings", "failed", "aborted"]


class AbortOut(BaseModel):
    """The status of the run as it then is."""

    status: Status


@router.get("/", operation_id="listPipelineRuns", response_model=Page[RunListItem])
async def list_runs(
    access: Viewer,
    database: DatabaseParam,
    paging: PagingParams,
    status: Annotated[Status | None, Query()] = None,
    document_id: Annotated[UUID | None, Query(description="Only those that made a version of this document.")] = None,
) -> Any:
    project_id = access.project_id
    async with database.read() as session:
        count, runs = await repository.list_runs(session, project_id, status, document_id, paging.limit, paging.offset)
        ids = [run.id for run in runs]
        stages = await repository.stage_counts(session, project_id, ids)
        chunks = await repository.chunk_counts(session, project_id, ids)
        logs = await repository.log_tails(session, project_id, ids, repository.LOG_TAIL)
        failures = await repository.failures(session, project_id, ids, repository.LISTED_FAILURES)
    items = [
        common(run, stages.get(run.id, {}), logs.get(run.id, ""), failures.get(run.id, []))
        | {"document_count": sum(stages.get(run.id, {}).values()), "chunk_count": chunks.get(run.id, 0)}
        for run in runs
    ]
    return paging.page(count, items)


@router.get("/{pipeline_run_id}/", operation_id="getPipelineRun", response_model=RunOut)
async def get_run(access: Viewer, database: DatabaseParam, pipeline_run_id: UUID) -> Any:
    project_id = access.project_id
    async with database.read() as session:
        run = await session.get(PipelineRun, (project_id, pipeline_run_id))
        if run is None:
            raise NotFound("There is no such pipeline run in this project.")
        stages = await repository.stage_counts(session, project_id, [run.id])
        logs = await repository.log_tails(session, project_id, [run.id], repository.MAX_LOG)
        failures = await repository.failures(session, project_id, [run.id], repository.MAX_FAILURES)
        documents, chunks = await repository.document_and_chunk_ids(session, project_id, run.id)
    return common(run, stages.get(run.id, {}), logs.get(run.id, ""), failures.get(run.id, [])) | {
        "document_ids": documents,
        "chunk_ids": chunks,
    }


@router.post("/{pipeline_run_id}/abort/", operation_id="abortPipelineRun", response_model=AbortOut)
async def abort_run(access: Runner, database: DatabaseParam, pipeline_run_id: UUID) -> Any:
    """Stop a run. Finished documents stay; the others fail and can be retried. A run that has ended does not change."""
    async with database.write() as session:
        return {"status": await abort(session, access, pipeline_run_id)}
