"""Pipeline runs on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

from citewell.ingestion.pipeline import STEPS
from citewell.models import PipelineRun

_ORDER = {"uploaded": 0, **{step.gives: number for number, step in enumerate(STEPS, start=1)}}


class RunStep(BaseModel):
    id: UUID
    created_at: datetime
    updated_at: datetime
    step: str
    name: str
    status: str
    inputs: dict[str, UUID | None] = {}
    outputs: dict[str, UUID | None] = {}
    warnings: list[str] | None = None
    depends_on: list[str]
    params: dict[str, Any]
    tag_extractor_id: UUID | None = None
    object_extractor_id: UUID | None = None
    chunks_extractor_id: UUID | None = None


class RunListItem(BaseModel):
    id: UUID
    created_at: datetime
    updated_at: datetime
    status: str
    project: UUID
    pipeline_name: str
    mode: str
    celery_task_id: str
    user: UUID | None
    tables: dict[str, Any] | None = None
    steps: list[RunStep]
    document_count: int
    chunk_count: int
    raw_logs: str


class RunOut(BaseModel):
    id: UUID
    created_at: datetime
    updated_at: datetime
    status: str
    project: UUID
    pipeline_name: str
    mode: str
    celery_task_id: str
    user: UUID | None
    tables: dict[str, Any] | None = None
    steps: list[RunStep]
    document_ids: list[UUID]
    chunk_ids: list[UUID]
    raw_logs: str


def common(run: PipelineRun, stages: Mapping[str, int], raw_logs: str) -> dict[str, Any]:
    """`stages` counts the run's documents by the stage that they have reached."""
    return {
        "id": run.id,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "status": run.status,
        "project": run.project_id,
        "pipeline_name": run.pipeline_name,
        "mode": run.mode,
        "celery_task_id": str(run.id),
        "user": run.user_id,
        "steps": _steps(run, stages),
        "raw_logs": raw_logs,
    }


def _steps(run: PipelineRun, stages: Mapping[str, int]) -> list[RunStep]:
    """A step is completed when every document that did not fail has passed it."""
    names = [step.name for step in STEPS]
    return [
        RunStep(
            id=uuid5(run.id, step.name),
            created_at=run.created_at,
            updated_at=run.updated_at,
            step=step.name,
            name=step.title,
            status=_step_status(run, number, stages),
            depends_on=names[number - 2 : number - 1] if number > 1 else [],
            params={"documents_done": _passed(stages, number), "documents": sum(stages.values())},
        )
        for number, step in enumerate(STEPS, start=1)
    ]


def _passed(stages: Mapping[str, int], number: int) -> int:
    return sum(count for stage, count in stages.items() if _ORDER.get(stage, 0) >= number)


def _step_status(run: PipelineRun, number: int, stages: Mapping[str, int]) -> str:
    waiting = sum(count for stage, count in stages.items() if stage in _ORDER and _ORDER[stage] < number)
    passed = _passed(stages, number)
    if waiting == 0:
        if run.status in ("failed", "aborted") and passed == 0:
            return run.status
        return "completed_with_warnings" if stages.get("failed") else "completed"
    at_work = passed > 0 or stages.get(_stage_before(number), 0) > 0
    return "running" if run.status == "running" and at_work else "pending"


def _stage_before(number: int) -> str:
    return STEPS[number - 1].needs
