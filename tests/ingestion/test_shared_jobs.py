"""Small documents share a job: none is lost with a process that dies, and none suffers from another."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.ingestion import pipeline, running, window
from citewell.ingestion.step_state import Done
from citewell.jobs import BATCHES, working
from citewell.kit.loops import Supervisor
from citewell.models import DocumentVersion
from citewell.process import Process, open_process, workers_of
from citewell.resources import Resources
from tests.conftest import Api, client_of, make_settings, serving, until_ended
from tests.ingestion.test_window import new_project

FILES = {"empty.md": b" \n", **{f"note-{number}.md": b"# Note\n\nWords %d.\n" % number for number in range(5)}}


@pytest.fixture
async def idle(clone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Process]:
    """A process without workers; no document gets a job at once."""
    monkeypatch.setattr(window, "WINDOW", 0)
    async with open_process(make_settings(clone(), tmp_path, embedding="none")) as process:
        monkeypatch.setattr(window, "WINDOW", 100)
        yield process


async def waiting_documents(process: Process, api: Api) -> tuple[list[str], list[UUID]]:
    """Documents that share one job, and their versions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "WINDOW", 0)
        answer = await api.post("/documents/bulk-upload/", files=[("files", item) for item in FILES.items()])
        assert answer.status_code == 201, answer.text
    assert await window.refill(process) == len(FILES)
    async with process.database.read() as session:
        query = select(DocumentVersion.id).where(DocumentVersion.project_id == UUID(api.project))
        versions = list(await session.scalars(query.order_by(DocumentVersion.id)))
        queues = list(await session.scalars(text("SELECT queue_name FROM procrastinate_jobs")))
    assert queues == [BATCHES["parse"]]
    return [item["id"] for item in answer.json()], versions


async def ended(process: Process, api: Api, documents: Sequence[str]) -> Counter[str]:
    """How many documents have which status, once the workers have done what is to be done."""
    async with working(process.queue, workers_of(process.settings), {"resources": process}, Supervisor()):
        found = await until_ended(api, list(documents))
    return Counter(row["status"] for row in found.values())


async def test_a_process_that_dies_between_two_steps_loses_nothing(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        documents, versions = await waiting_documents(idle, api)
        # It parses them and dies: what follows has no job but this one, which the queue gives to another worker.
        await running.run_step(idle, pipeline.step_named("parse"), UUID(api.project), versions, 1)
        waits = (await api.get("/documents/indexing-status/")).json()
        assert not [row for row in waits if "nothing is queued" in str(row)]
        statuses = await ended(idle, api, documents)
        assert statuses == {"active": len(FILES) - 1, "failed": 1}, "only the empty one fails"


async def test_what_cannot_be_stored_is_tried_again_by_itself(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        documents, versions = await waiting_documents(idle, api)
        parse = pipeline.step_named("parse")
        poison = versions[-1]

        async def store(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
            assert parse.store is not None
            await parse.store(session, resources, done)
            if poison in {one.version.id for one in done}:
                await session.execute(text("SELECT 1 / 0"))

        await running.run_step(idle, replace(parse, store=store), UUID(api.project), versions, 1)
        async with idle.database.read() as session:
            alone = text("SELECT args ->> 'version_id' FROM procrastinate_jobs WHERE args ? 'version_id'")
            assert list(await session.scalars(alone)) == [str(poison)]
            stages = await session.scalars(select(DocumentVersion.stage).where(DocumentVersion.id.in_(versions)))
            assert Counter(stages) == {"parsed": len(FILES) - 2, "failed": 1, "uploaded": 1}
        statuses = await ended(idle, api, documents)
        assert statuses == {"active": len(FILES) - 1, "failed": 1}


async def test_a_document_deleted_meanwhile_leaves_the_others_alone(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        documents, versions = await waiting_documents(idle, api)
        parse, begun = pipeline.step_named("parse"), asyncio.Event()

        async def run(context: Any) -> Any:
            begun.set()
            await deleted.wait()
            return await parse.run(context)

        deleted = asyncio.Event()
        work = asyncio.create_task(running.run_step(idle, replace(parse, run=run), UUID(api.project), versions, 1))
        await begun.wait()
        assert (await api.delete(f"/documents/{documents[-1]}/")).status_code == 204
        deleted.set()
        await work
        async with idle.database.read() as session:
            stages = await session.scalars(select(DocumentVersion.stage).where(DocumentVersion.id.in_(versions)))
            assert Counter(stages) == {"parsed": len(FILES) - 2, "failed": 1, "deleted": 1}
