"""Many documents at once: a window of each project's stands in the queue, and the rest waits without being lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from citewell.factories import workers_of
from citewell.ingestion import window
from citewell.jobs.workers import working
from citewell.kit.loops import Supervisor
from citewell.process import Process, open_process
from tests.conftest import Api, client_of, make_settings, serving, until_ended
from tests.documents.test_deletion import until_it_waits

DOCUMENTS = 9


@pytest.fixture
async def idle(clone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Process]:
    """A process without workers, and a window of three documents."""
    monkeypatch.setattr(window, "WINDOW", 3)
    async with open_process(make_settings(clone(), tmp_path, embedding="none")) as process:
        yield process


async def new_project(api: Api) -> Api:
    made = await api.http.post("/api/v1/projects/", json={"name": "P"})
    return Api(api.http, api.token, api.server, made.json()["id"])


async def upload(api: Api, count: int) -> httpx.Response:
    files = [("files", (f"note-{number}.md", f"# Note {number}\n\nWords.\n".encode())) for number in range(count)]
    answer = await api.post("/documents/bulk-upload/", files=files)
    assert answer.status_code == 201, answer.text
    return answer


async def jobs_of(process: Process, api: Api) -> list[str]:
    """The versions of the project that have jobs, an entry for each job that names one."""
    query = text(
        "SELECT jsonb_array_elements_text(coalesce(args -> 'version_ids', jsonb_build_array(args -> 'version_id')))"
        " FROM procrastinate_jobs WHERE args ->> 'project_id' = :project"
    )
    async with process.database.read() as session:
        return list(await session.scalars(query, {"project": api.project}))


async def test_documents_beyond_the_window_wait_and_are_neither_lost_nor_doubled(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        many, few = await new_project(user), await new_project(user)
        uploaded = (await upload(many, DOCUMENTS)).json()
        await upload(few, 1)
        assert len(await jobs_of(idle, many)) == 3, "no more than the window"
        assert len(await jobs_of(idle, few)) == 1, "another project does not wait for them"

        assert await window.refill(idle) == 0, "the window is full"
        await _refuse_to_start_again(many, uploaded[-1]["id"])
        await _break_off_a_refill(idle, many)
        await _take_jobs(idle)  # as workers would
        await asyncio.gather(*(window.refill(idle) for _ in range(3)))
        jobs = await jobs_of(idle, many)
        assert len(jobs) == len(set(jobs)) == 6

        async with working(idle.queue, workers_of(idle.settings), {"resources": idle}, Supervisor()):
            filling = asyncio.create_task(window.keep_full(idle))
            ended = await until_ended(many, [item["id"] for item in uploaded])
            filling.cancel()
        assert Counter(row["status"] for row in ended.values()) == {"active": DOCUMENTS}


async def test_later_documents_come_behind_those_that_wait_and_a_conversations_own_before_them(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        await upload(api, DOCUMENTS)
        await _take_jobs(idle)
        await upload(api, 1)
        assert len(await jobs_of(idle, api)) == 3, "there is room, and six others were there before"

        agent = (await api.get("/agent-settings/")).json()["results"][0]["id"]
        talk = (await api.post("/playground-conversations/", json={"agent_settings": agent})).json()["id"]
        attached = await api.post(
            f"/playground-conversations/{talk}/local-documents/bulk-upload/",
            files={"files": ("own.md", b"# Own\n\nWords.\n")},
        )
        assert attached.status_code == 201, attached.text
        assert len(await jobs_of(idle, api)) == 4, "somebody waits for it"


async def test_a_deleted_document_waits_no_more(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        [*_, last] = (await upload(api, DOCUMENTS)).json()
        query = text("SELECT count(*) FROM version_steps WHERE state = 'waiting'")
        async with idle.database.read() as session:
            before = await session.scalar(query)
        gone = await api.delete(f"/documents/{last['id']}/")
        assert gone.status_code in (200, 202, 204), gone.text
        async with idle.database.read() as session:
            assert await session.scalar(query) == before - 1


async def _refuse_to_start_again(api: Api, document: str) -> None:
    answer = await api.post(f"/documents/{document}/retry/", json={})
    assert answer.status_code == 400, answer.text
    assert "being processed" in answer.text


async def _break_off_a_refill(process: Process, api: Api) -> None:
    """A process that dies in the middle of a refill takes nothing along."""
    async with process.database.write() as session:
        assert await window._move(session, process.queue, api.project, 2) == 2  # type: ignore[arg-type]
        await session.rollback()
    assert len(await jobs_of(process, api)) == 3


async def _take_jobs(process: Process) -> None:
    """The three jobs of the window are at work for now, and handed back at the end."""
    async with process.database.write() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))


async def test_an_aborted_run_leaves_nothing_waiting(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        await upload(api, DOCUMENTS)
        [run] = (await api.get("/pipeline-runs/")).json()["results"]
        aborted = await api.post(f"/pipeline-runs/{run['id']}/abort/")
        assert aborted.status_code in (200, 202, 204), aborted.text
        await _take_jobs(idle)
        assert await window.refill(idle) == 0


async def test_an_abort_and_a_step_that_begins_do_not_block_each_other_for_ever(idle: Process) -> None:
    async with serving(idle) as address, client_of(idle, address, "a@example.org") as user:
        api = await new_project(user)
        await upload(api, 1)
        [run] = (await api.get("/pipeline-runs/")).json()["results"]
        mine = {"project": api.project}
        async with idle.database.write() as session:
            # What a step does when it begins: first its version, then the run.
            await session.execute(text("UPDATE document_versions SET started = true WHERE project_id = :project"), mine)
            aborting = asyncio.create_task(api.post(f"/pipeline-runs/{run['id']}/abort/"))
            await until_it_waits(idle, aborting)
            await session.execute(text("UPDATE pipeline_runs SET status = 'running' WHERE project_id = :project"), mine)
        assert (await aborting).json() == {"status": "aborted"}
        assert (await api.get(f"/pipeline-runs/{run['id']}/")).json()["status"] == "aborted"
