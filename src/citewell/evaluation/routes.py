"""Evaluation runs over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from citewell.auth.dependencies import Admin, DatabaseParam, ResourcesParam, Runner, SettingsParam, Viewer
from citewell.db.engine import Database
from citewell.evaluation import service
from citewell.evaluation.comparing import Comparisons
from citewell.evaluation.repository import runs as repository
from citewell.evaluation.schemas import (
    ComparisonOut,
    Outcome,
    QuestionOut,
    RunCreate,
    RunOut,
    State,
    question_to_wire,
)
from citewell.kit.pagination import Page, PagingParams
from citewell.kit.urls import absolute_references, base_url
from citewell.models import EvaluationQuestion
from citewell.settings import Settings
from citewell.turns.repository.history import mark_deleted

router = APIRouter(prefix="/projects/{project_id}/evaluation-runs", tags=["Evaluation"])


async def get_comparisons(request: Request) -> Comparisons:
    comparisons: Comparisons = request.app.state.comparisons
    return comparisons


ComparisonsParam = Annotated[Comparisons, Depends(get_comparisons)]


@router.get("/", operation_id="listEvaluationRuns", response_model=Page[RunOut])
async def list_runs(access: Viewer, database: DatabaseParam, paging: PagingParams, state: State | None = None) -> Any:
    """List the evaluation runs, newest first."""
    async with database.read() as session:
        count, rows = await repository.list_runs(session, access.project_id, state, paging.limit, paging.offset)
    return paging.page(count, rows)


@router.post("/", operation_id="startEvaluationRun", status_code=201, response_model=RunOut)
async def start_run(access: Runner, resources: ResourcesParam, body: RunCreate) -> Any:
    """Ask an agent the project's ground truths, in the background. Each result is stored as it comes."""
    async with resources.database.write() as session:
        return await service.start_run(session, resources, access, body)


@router.get("/{run_id}/", operation_id="getEvaluationRun", response_model=RunOut)
async def get_run(access: Viewer, database: DatabaseParam, run_id: UUID) -> Any:
    async with database.read() as session:
        return await service.get_run(session, access.project_id, run_id)


@router.delete("/{run_id}/", operation_id="deleteEvaluationRun", status_code=204)
async def delete_run(access: Admin, database: DatabaseParam, run_id: UUID) -> Response:
    """Delete a run and its questions. Stop a running one first."""
    async with database.write() as session:
        await service.delete_run(session, access, run_id)
    return Response(status_code=204)


@router.post("/{run_id}/stop/", operation_id="stopEvaluationRun", response_model=RunOut)
async def stop_run(access: Runner, resources: ResourcesParam, run_id: UUID) -> Any:
    """Stop a run: no further questions are asked, and its results stay. A run that has ended does not change."""
    async with resources.database.write() as session:
        return await service.stop_run(session, resources, access, run_id)


@router.get("/{run_id}/questions/", operation_id="listEvaluationQuestions", response_model=Page[QuestionOut])
async def list_questions(
    access: Viewer,
    request: Request,
    database: DatabaseParam,
    settings: SettingsParam,
    paging: PagingParams,
    run_id: UUID,
    outcome: Outcome | None = None,
) -> Any:
    """List the questions of a run in the order in which they are asked."""
    async with database.read() as session:
        run = await service.get_run(session, access.project_id, run_id)
        count, rows = await repository.list_questions(session, run, outcome, paging.limit, paging.offset)
    page = paging.page(count, await _shown(database, access.project_id, rows))
    return _answer(Page[QuestionOut].model_validate(page), request, settings, access.project_id)


@router.get("/{run_id}/questions/{question_id}/", operation_id="getEvaluationQuestion", response_model=QuestionOut)
async def get_question(
    access: Viewer, request: Request, database: DatabaseParam, settings: SettingsParam, run_id: UUID, question_id: UUID
) -> Any:
    async with database.read() as session:
        row = await service.get_question(session, access.project_id, run_id, question_id)
    [shown] = await _shown(database, access.project_id, [row])
    return _answer(shown, request, settings, access.project_id)


@router.get("/{run_id}/comparison/", operation_id="compareEvaluationRuns", response_model=ComparisonOut)
async def compare_runs(
    access: Viewer,
    database: DatabaseParam,
    comparisons: ComparisonsParam,
    run_id: UUID,
    before: Annotated[
        UUID | None, Query(alias="with", description="The run to compare with; by default the one before.")
    ] = None,
) -> Any:
    """Compare two runs question by question, with 95 % intervals for the mean differences.

    The runs may differ in agent, model or settings; questions that both have answered are paired.
    """
    former, run, found = await comparisons.of(database, access.project_id, run_id, before)
    return {"before": former, "after": run, **found}


async def _shown(database: Database, project_id: UUID, rows: Sequence[EvaluationQuestion]) -> list[QuestionOut]:
    """Returns the questions; citations of documents that were deleted since say so."""
    wires = [question_to_wire(row) for row in rows]
    await mark_deleted(database, project_id, [one for wire in wires for one in wire["citations"]])
    return [QuestionOut.model_validate(wire) for wire in wires]


def _answer(shown: Any, request: Request, settings: Settings, project_id: UUID) -> Response:
    """Renders the answer with addresses of passages that open for this reader."""
    body = absolute_references(shown.model_dump_json().encode(), base_url(request, settings), project_id)
    return Response(body, media_type="application/json")
