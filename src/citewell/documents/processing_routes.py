"""Processing documents again, and finding out why one is not found, over HTTP."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints, model_validator

from citewell.auth.dependencies import ResourcesParam, Runner, Viewer
from citewell.documents import processing
from citewell.documents.diagnosis import diagnose
from citewell.documents.schemas import IndexingStatus
from citewell.ingestion.pipeline import STEPS
from citewell.ingestion.reading_warnings import WarningDetail

router = APIRouter(prefix="/projects/{project_id}", tags=["Documents"])

Stage = Annotated[str, StringConstraints(max_length=50)]
Mode = Literal["recreate-all", "recreate-single", "upsert-single", "upsert-all"]


class Retry(BaseModel, extra="forbid"):
    """`stage` is the step to begin with: parse, chunk, embed or publish."""

    stage: Stage | None = None


class Reprocess(BaseModel, extra="forbid"):
    """No ids: all documents."""

    document_ids: Annotated[list[UUID], Field(max_length=100_000)] = []


class RunParsing(Reprocess):
    """`recreate-all` and `recreate-single` parse every document anew, the others those for which something has
    changed. `-single` needs `document_ids`."""

    mode: Mode = "recreate-all"

    @model_validator(mode="after")
    def _names_documents(self) -> Self:
        if self.mode.endswith("-single") and not self.document_ids:
            raise ValueError(f"The mode {self.mode} needs document_ids.")
        return self


class RunStarted(BaseModel):
    """`steps` counts the documents by the step with which each begins; `unchanged` need nothing."""

    pipeline_run_id: UUID
    steps: dict[str, int]


class QueryRanks(BaseModel):
    """`ranks`: the document's place by words, by meaning and by both; null where it is not among the results."""

    text: str
    ranks: dict[str, int | None]
    best_passage: str | None
    terms_found: list[str]
    terms_missing: list[str]


class Diagnosis(BaseModel):
    """`reasons` are English sentences; `reason_details` has the stable code of each and what stands in it."""

    document_id: UUID
    document_name: str
    searchable: bool
    reasons: list[str]
    reason_details: list[WarningDetail]
    indexing: IndexingStatus
    live_version: int | None
    language: str | None
    chunks: int
    passages: int
    embedded_passages: int
    query: QueryRanks | None


@router.post("/documents/{document_id}/retry/", operation_id="retryDocument", response_model=RunStarted)
async def retry(access: Runner, resources: ResourcesParam, document_id: UUID, body: Retry | None = None) -> Any:
    """Retry a failed document, or process any document again from a step on."""
    stage = body.stage if body else None
    started = await processing.retry(resources, access.project_id, access.acting.user_id, document_id, stage)
    return {"pipeline_run_id": started.run_id, "steps": started.steps}


@router.post("/documents/reprocess/", operation_id="reprocessDocuments", response_model=RunStarted)
async def reprocess(access: Runner, resources: ResourcesParam, body: Reprocess) -> Any:
    """Process the documents again that a change of settings has made outdated."""
    started = await processing.reprocess(resources, access.project_id, access.acting.user_id, body.document_ids or None)
    return {"pipeline_run_id": started.run_id, "steps": started.steps}


@router.post("/run-parsing/", operation_id="runParsing", response_model=RunStarted)
async def run_parsing(access: Runner, resources: ResourcesParam, body: RunParsing) -> Any:
    first = STEPS[0] if body.mode.startswith("recreate") else None
    started = await processing.reprocess(
        resources, access.project_id, access.acting.user_id, body.document_ids or None, first
    )
    return {"pipeline_run_id": started.run_id, "steps": started.steps}


@router.get("/documents/{document_id}/diagnosis/", operation_id="diagnoseDocument", response_model=Diagnosis)
async def get_diagnosis(
    access: Viewer,
    resources: ResourcesParam,
    document_id: UUID,
    query: Annotated[str | None, Query(max_length=2000)] = None,
) -> Any:
    """Find out why a document is not found. With the query that should find it, also its ranks."""
    return await diagnose(resources, access.project_id, document_id, query)
