"""Pipeline runs on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

from citewell.ingestion.pipeline import STEPS, stage_before
from citewell.ingestion.stages import kind_of
from citewell.models import PipelineRun
from citewell.runs.repository import Failure

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


class FailedDocument(BaseModel):
    """`step` is where it failed, `message` says why and what helps."""

    document_id: UUID
    document_name: str
    step: str
    code: str
    message: str


class _Run(BaseModel):
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


class RunListItem(_Run):
    document_count: int
    chunk_count: int
    raw_logs: str
    failed_documents: list[FailedDocument]


class RunOut(_Run):
    document_ids: list[UUID]
    chunk_ids: list[UUID]
    raw_logs: str
    failed_documents: list[FailedDocument]


def common(run: PipelineRun, stages: Mapping[str, int], raw_logs: str, failures: Sequence[Failure]) -> dict[str, Any]:
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
        "steps": _steps(run, stages, failures),
        "raw_logs": raw_logs,
        "failed_documents": [_failed_document(failure) for failure in failures],
    }


def _failed_document(failure: Failure) -> FailedDocument:
    return FailedDocument(
        document_id=failure.document_id,
        document_name=failure.name,
        step=_step_of(failure),
        code=failure.code,
        message=failure.reason,
    )


def _step_of(failure: Failure) -> str:
    return kind_of(failure.step)


def _steps(run: PipelineRun, stages: Mapping[str, int], failures: Sequence[Failure]) -> list[RunStep]:
    """A step is completed when every document that did not fail has passed it, with warnings for those that did."""
    names = [step.name for step in STEPS]
    warnings = {name: [f"{one.name}: {one.reason}" for one in failures if _step_of(one) == name] for name in names}
    return [
        RunStep(
            id=uuid5(run.id, step.name),
            created_at=run.created_at,
            updated_at=run.updated_at,
            step=step.name,
            name=step.title,
            status=_step_status(run, number, stages, has_warnings=bool(warnings[step.name])),
            warnings=warnings[step.name] or None,
            depends_on=names[number - 2 : number - 1] if number > 1 else [],
            params={"documents_done": _passed(stages, number), "documents": sum(stages.values())},
        )
        for number, step in enumerate(STEPS, start=1)
    ]


def _passed(stages: Mapping[str, int], number: int) -> int:
    return sum(count for stage, count in stages.items() if _ORDER.get(stage, 0) >= number)


def _step_status(run: PipelineRun, number: int, stages: Mapping[str, int], *, has_warnings: bool) -> str:
    waiting = sum(count for stage, count in stages.items() if stage in _ORDER and _ORDER[stage] < number)
    passed = _passed(stages, number)
    if waiting == 0:
        if run.status in ("failed", "aborted") and passed == 0:
            return run.status
        return "completed_with_warnings" if has_warnings else "completed"
    at_work = passed > 0 or stages.get(_stage_before(number), 0) > 0
    return "running" if run.status == "running" and at_work else "pending"


def _stage_before(number: int) -> str:
    return stage_before(STEPS[number - 1])
