"""Pushing and syncing over HTTP, and tags of documents."""

from typing import Annotated, Any
from uuid import UUID

import procrastinate
from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field

from citewell.auth.access import Access
from citewell.auth.dependencies import DatabaseParam, QueueParam, Runner, Viewer
from citewell.db.engine import Database
from citewell.extractors import push_runs, pushing
from citewell.extractors.repository import pushed
from citewell.extractors.schemas import Ids, Model, RunStarted

router = APIRouter(prefix="/projects/{project_id}", tags=["Extractors"])

_MAX_STEPS = 100


class Nothing(BaseModel, extra="ignore"):
    """An empty object."""


class PushStep(BaseModel, extra="ignore"):
    """`step`: push-chunks or push-objects."""

    step: str
    table_id: UUID


Steps = Annotated[
    list[PushStep], BeforeValidator(lambda value: [] if value in (None, {}) else value), Field(max_length=_MAX_STEPS)
]


class SyncSteps(BaseModel):
    steps: list[PushStep]


class RunSync(BaseModel, extra="forbid"):
    """`sync_to_graph_steps` as `generate-sync-to-graph-steps` gave it; without it, all tables are pushed."""

    sync_to_graph_steps: dict[str, Any] | None = None


class DocumentTagRun(BaseModel, extra="ignore"):
    """`table_id` is a table of type document_tags; without it, the newest. Its definitions say which tags there are."""

    table_id: UUID | None = None
    document_ids: Ids = []
    llm_model: Model | None = None
    should_push_to_graph: bool = False


@router.post("/tables/{table_id}/push-chunks/", operation_id="pushChunks", response_model=RunStarted)
async def push_chunks(
    access: Runner, database: DatabaseParam, queue: QueueParam, table_id: UUID, body: Nothing | None = None
) -> Any:
    """Makes the chunks of the table's deployed version, else of its newest, searchable."""
    async with database.read() as session:
        await pushing.table_to_push(session, access.project_id, table_id, "chunk")
    return await _start(database, queue, access, [table_id])


@router.post("/tables/{table_id}/push-objects-to-tpuf/", operation_id="pushObjects", response_model=RunStarted)
async def push_objects(
    access: Runner, database: DatabaseParam, queue: QueueParam, table_id: UUID, body: Nothing | None = None
) -> Any:
    """Makes the objects of the table's deployed version, else of its newest, searchable."""
    async with database.read() as session:
        await pushing.table_to_push(session, access.project_id, table_id, "object")
    return await _start(database, queue, access, [table_id])


@router.post("/generate-sync-to-graph-steps/", operation_id="generateSyncSteps", response_model=SyncSteps)
async def generate_steps(access: Viewer, database: DatabaseParam, body: Nothing | None = None) -> Any:
    """Lists what a sync would push: `chunks`, other tables of chunks that are deployed, and every table of objects."""
    async with database.read() as session:
        tables = await pushed.tables_to_sync(session, access.project_id, ["chunk", "object"])
    return {"steps": [{"step": f"push-{table.object_type}s", "table_id": table.id} for table in tables]}


@router.post("/run-sync-to-graph-steps/", operation_id="runSyncSteps", response_model=RunStarted)
async def run_steps(access: Runner, database: DatabaseParam, queue: QueueParam, body: RunSync | None = None) -> Any:
    """Push the tables that the steps name. When the run has ended, searches find what they hold."""
    steps = (body.sync_to_graph_steps if body else None) or (await generate_steps(access, database))
    found = SyncSteps.model_validate(steps) if "steps" in steps else SyncSteps(steps=[])
    return await _start(database, queue, access, [step.table_id for step in found.steps])


@router.post("/run-document-tag-extraction/", operation_id="runDocumentTagExtraction", response_model=RunStarted)
async def run_document_tags(access: Runner, database: DatabaseParam, queue: QueueParam, body: DocumentTagRun) -> Any:
    """Find the tags of documents. The result is a new version of the table, to be deployed."""
    async with database.write() as session:
        run_id = await push_runs.start_tag_run(
            session, queue, access, body.table_id, body.document_ids, body.llm_model or ""
        )
    return {"pipeline_run_id": run_id, "message": "The extraction of tags has started."}


async def _start(database: Database, queue: procrastinate.App, access: Access, table_ids: list[UUID]) -> dict[str, Any]:
    async with database.write() as session:
        run_id = await push_runs.start_push(session, queue, access, table_ids)
    return {"pipeline_run_id": run_id, "message": "The push has started."}
