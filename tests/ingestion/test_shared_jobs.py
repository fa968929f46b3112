"""Small documents share a job: none is lost with a process that dies, and none suffers from another."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.factories import workers_of
from citewell.ingestion import pipeline, running, sharing, window
from citewell.ingestion.step import Done
from citewell.ingestion.steps import embed
from citewell.jobs.lanes import BATCHES
from citewell.jobs.queue import MAX_ATTEMPTS, MAX_KILLS, RETRIES, QueuedJob
from citewell.jobs.workers import working
from citewell.kit.loops import Supervisor
from citewell.models import DocumentVersion
from citewell.process import Process, open_process
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


async def own_jobs(process: Process, task: str) -> list[str]:
    """The versions that have a job of their own for the task."""
    query = text("SELECT args ->> 'version_id' FROM procrastinate_jobs WHERE args ? 'version_id' AND task_name = :task")
    async with process.database.read() as session:
        return sorted(await session.scalars(query, {"task": task}))


async def test_nobody_waits_long_for_a_slow_document_of_the_same_job(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        documents, versions = await waiting_documents(idle, api)
        parse = pipeline.step_named("parse")
        seconds = [0.0]
        slow = versions[2]

        async def run(context: Any) -> Any:
            if context.version.id == slow:
                seconds[0] = running.SHARED_SECONDS
                await asyncio.Event().wait()
            return await parse.run(context)

        step = replace(parse, run=run)
        parted = await running.run_step(idle, step, UUID(api.project), versions, clock=lambda: seconds[0])
        assert parted == set(versions[2:]), "the slow one, and those that stood behind it"
        assert await own_jobs(idle, "ingestion:parse") == sorted(str(version) for version in versions[2:])
        async with idle.database.read() as session:
            query = select(DocumentVersion.stage).where(DocumentVersion.id.in_(versions[:2]))
            assert not {"uploaded"} & set(await session.scalars(query)), "what was ready is stored"
        assert await ended(idle, api, documents) == {"active": len(FILES) - 1, "failed": 1}


async def test_results_that_take_much_memory_are_stored_at_once(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        _, versions = await waiting_documents(idle, api)
        parse = pipeline.step_named("parse")
        groups: list[int] = []

        async def run(context: Any) -> Any:
            return replace(await parse.run(context), size=sharing.MOST_HELD // 2)

        async def store(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
            assert parse.store is not None
            await parse.store(session, resources, done)
            groups.append(len(done))

        await running.run_step(idle, replace(parse, run=run, store=store), UUID(api.project), versions)
        assert groups == [2, 2, 1]


def test_passages_with_vectors_take_memory_too() -> None:
    row: dict[str, Any] = {"content": "some words", "embedding": None}
    assert embed._size(row) == 10
    assert embed._size(row | {"embedding": np.zeros(384, np.float32)}) > 384


async def test_a_chunk_step_says_how_much_it_holds(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        _, versions = await waiting_documents(idle, api)
        await running.run_step(idle, pipeline.step_named("parse"), UUID(api.project), versions)
        chunk, sizes = pipeline.step_named("chunk"), []

        async def run(context: Any) -> Any:
            result = await chunk.run(context)
            assert result is not None
            sizes.append((result.size, sum(len(row["content"]) for row in result.made)))
            return result

        await running.run_step(idle, replace(chunk, run=run), UUID(api.project), versions)
        assert len(sizes) == len(FILES) - 1
        assert all(size > characters > 0 for size, characters in sizes)


@pytest.mark.parametrize("error", [RuntimeError("a fault"), psycopg.errors.DeadlockDetected("deadlock detected")])
async def test_each_step_of_a_job_has_attempts_of_its_own(
    idle: Process, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The first step came through at its last attempt, and the next one meets a passing error."""
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        files = [("files", ("note.md", FILES["note-0.md"]))]
        assert (await api.post("/documents/bulk-upload/", files=files)).status_code == 201
        async with idle.database.read() as session:
            [version] = await session.scalars(select(DocumentVersion.id))

        async def broken(session: AsyncSession, resources: Resources, done: Sequence[Done]) -> None:
            raise error

        steps = [replace(step, store=broken) if step.name == "chunk" else step for step in pipeline.STEPS]
        job = SimpleNamespace(attempts=MAX_ATTEMPTS - 1)
        context: Any = SimpleNamespace(job=job, additional_context={"resources": idle})
        with monkeypatch.context() as patch:
            patch.setattr(pipeline, "STEPS", tuple(steps))
            work = running._entry("parse")(context, project_id=api.project, version_id=str(version))
            if isinstance(error, RuntimeError):
                await work
                assert await own_jobs(idle, "ingestion:chunk") == [str(version)]
            else:
                with pytest.raises(type(error)) as raised:
                    await work
                decision = RETRIES.get_retry_decision(exception=raised.value, job=context.job)
                assert decision is not None, "the queue tries again, as after an outage"
        async with idle.database.read() as session:
            found = await session.get_one(DocumentVersion, (UUID(api.project), version))
            row = found.step("chunk")
            assert row is not None
            assert (found.stage, row.state, row.attempts) == ("parsed", "running", 1)


async def test_a_document_that_kills_its_process_each_time_fails_with_the_reason(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        files = [("files", ("note.md", FILES["note-0.md"]))]
        answer = await api.post("/documents/bulk-upload/", files=files)
        async with idle.database.read() as session:
            [version] = await session.scalars(select(DocumentVersion.id))
        await running.run_step(idle, pipeline.step_named("parse"), UUID(api.project), [version], 1)
        job = QueuedJob(
            id=1,
            queue="parse",
            lock=None,
            queueing_lock=None,
            task_name="ingestion:parse",
            kills=MAX_KILLS,
            attempts=30,
        )
        context: Any = SimpleNamespace(job=job, additional_context={"resources": idle})
        await running._entry("parse")(context, project_id=api.project, version_id=str(version))
        [document] = [row["id"] for row in answer.json()]
        shown = (await api.get(f"/documents/{document}/")).json()
        assert shown["status"] == "failed"
        status = (await api.get("/documents/indexing-status/")).text
        assert "process died 30 times" in status
        async with idle.database.read() as session:
            failed = (await session.get_one(DocumentVersion, (UUID(api.project), version))).failure
            assert failed is not None
            assert (failed.step, failed.error_code) == ("chunk", "process_killed"), "the step that it did not end"
