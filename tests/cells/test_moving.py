"""A project changes its cell while people use it: nothing acknowledged is lost, and what is killed is gone on with."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from citewell.backup.database import snapshots
from citewell.cells import directory
from citewell.cells.moving import fence, finishing
from citewell.cells.moving import move as moves
from citewell.cells.moving.service import abandon_move, connected, move_project, opened_move
from citewell.db.cell_mark import MOVES_LOCK
from citewell.errors import Conflict
from citewell.kit.ids import new_id
from tests.cells.conftest import Installation
from tests.cells.test_routing import QUESTION, with_handbook
from tests.conftest import Api, client_of, until_ended
from tests.sse import ask, final_answer, new_conversation
from tests.waiting import until


@pytest.fixture(autouse=True)
def _on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server, its workers, the load and the move share this process with everything else that runs."""
    monkeypatch.setattr(moves, "_CLOSED_SECONDS", 60.0)
    monkeypatch.setattr(directory, "SECONDS", 0.3)
    monkeypatch.setattr(finishing, "_GRACE_SECONDS", 0.8)


def quiet(line: str) -> None:
    """Nobody reads the steps."""


class Load:
    """Somebody who writes all the time, and remembers what was acknowledged."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.statuses: Counter[tuple[int, str]] = Counter()
        self.conversations: list[str] = []
        self.documents: list[str] = []

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Load"]:
        tasks = [asyncio.create_task(work()) for work in (self._talk, self._upload, self._read)]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self) -> None:
        agent = (await self.api.get("/agent-settings/")).json()["results"][0]["id"]
        while True:
            answer = await self.api.post("/playground-conversations/", json={"agent_settings": agent})
            self._count(answer)
            if answer.status_code == 201:
                self.conversations.append(answer.json()["id"])
            await asyncio.sleep(0.2)

    async def _upload(self) -> None:
        number = 0
        while True:
            number += 1
            text = f"# Note {number}\n\nThe code of shelf {number} is Q{number * 7919}.\n".encode()
            answer = await self.api.post("/documents/bulk-upload/", files=[("files", (f"note-{number}.md", text))])
            self._count(answer)
            if answer.status_code == 201:
                self.documents += [item["id"] for item in answer.json()]
            await asyncio.sleep(2)

    async def _read(self) -> None:
        while True:
            answer = await self.api.get("/documents/")
            self._count(answer)
            assert answer.status_code == 200, answer.text
            await asyncio.sleep(0.2)

    def _count(self, answer: Any) -> None:
        code = answer.json().get("code", "") if answer.status_code >= 400 else ""
        self.statuses[answer.status_code, code] += 1


async def test_a_move_under_load_loses_nothing(installation: Installation, ada: Api) -> None:
    """From the home cell, where the directory and the lock of the mover are."""
    api = await with_handbook(await installation.project(ada, "home", "On the move"))
    said = await new_conversation(api)
    citation = final_answer(await ask(api, QUESTION, said))["citations"][0]
    processes = installation.cells.reachable()
    async with Load(api).running() as load:
        await until(lambda: _has(load, 5))
        done = await move_project(processes, UUID(api.project), "south", quiet)
        assert done is not None
        before = len(load.conversations)
        await until(lambda: _has(load, before + 5))
    assert set(load.statuses) <= {(200, ""), (201, ""), (503, "project_moving")}, load.statuses
    assert await installation.cells.directory.cell_of(UUID(api.project)) == "south"
    for conversation in load.conversations:
        answer = await api.get(f"/playground-conversations/{conversation}/")
        assert answer.status_code == 200, "acknowledged, so it is there"
    rows = await until_ended(api, load.documents)
    assert {row["status"] for row in rows.values()} == {"active"}
    opened = await api.http.get(f"/{api.project}/reference/{citation['chunk_id']}")
    assert "210 EUR" in opened.text
    assert final_answer(await ask(api, QUESTION, said))["citations"], "the old conversation goes on"
    found = await api.post("/retrieve-with-full-text-search/", json={"query": "code of shelf 1"})
    assert "Q7919" in found.text
    for table in ("documents", "passages", "conversations", "messages", "version_steps"):
        assert not await installation.count("home", table, api.project), table
    assert await installation.count("south", "passages", api.project)
    async with client_of(installation.home, installation.server, "eve@example.org") as eve:
        eve.project = api.project
        assert (await eve.get("/documents/")).status_code == 403


async def _has(load: Load, count: int) -> bool:
    return len(load.conversations) >= count and bool(load.documents)


async def with_source(installation: Installation, project: UUID) -> UUID:
    """A source in the north that is switched on."""
    source = new_id()
    async with await psycopg.AsyncConnection.connect(installation.urls["north"]) as connection:
        await connection.execute(
            "INSERT INTO sources (project_id, id, kind, name, config, checkpoint, enabled)"
            " VALUES (%s, %s, 'rss', 'News', '{\"url\": \"https://example.org/rss\"}', '{}', true)",
            [project, source],
        )
    return source


async def test_a_move_that_was_killed_goes_on_and_then_comes_home(installation: Installation, ada: Api) -> None:
    api = await with_handbook(await installation.project(ada, "north", "Interrupted"))
    project, processes = UUID(api.project), installation.cells.reachable()
    async with opened_move(processes, project, "south") as move:
        await move.prepare()
        await move._copier.copy_round(move._progress)
        with pytest.raises(Conflict, match="Another process"):
            await move_project(processes, project, "south", quiet)
    await new_conversation(api)
    with pytest.raises(Conflict, match="being moved to another cell"):
        await move_project(processes, project, "home", quiet)
    source = f"/document-sources/{await with_source(installation, project)}/"
    async with opened_move(processes, project, "south") as move:
        await move.copy(quiet)
        await move.switch()
        await move._copier.bring_held()
        installation.cells.directory.forget(project)
        assert (await api.get(source)).json()["enabled"]
        assert (await api.patch(source, json={"enabled": False})).status_code == 200
        await move.finish(quiet)
    assert not (await api.get(source)).json()["enabled"], "what people changed in the new cell stays"
    assert await installation.count("south", "conversations", api.project) == 1
    assert await move_project(processes, project, "home", quiet)
    assert final_answer(await ask(api, QUESTION))["citations"]
    assert not await installation.count("south", "projects", api.project)
    with pytest.raises(Conflict, match="in the cell home already"):
        await move_project(processes, project, "home", quiet)


async def test_a_closed_project_is_opened_again_when_its_mover_dies(installation: Installation, ada: Api) -> None:
    api = await installation.project(ada, "north", "Left closed")
    project, processes = UUID(api.project), installation.cells.reachable()
    async with opened_move(processes, project, "south") as move:
        await move.prepare()
        conversation = await new_conversation(api)
        async with connected(processes["north"]) as source:
            await fence.set_state(source, project, "draining")
            path = f"/playground-conversations/{conversation}/send_message_stream/"
            question = await api.post(path, json={"message": QUESTION})
            assert (question.status_code, question.json()["code"]) == (503, "project_moving")
            assert (await api.post("/signals/", json={"feedback": "x", "context": {}})).status_code == 201
            await fence.close(source, project)
        answer = await api.post("/signals/", json={"feedback": "x", "context": {}})
        assert (answer.status_code, answer.json()["code"]) == (503, "project_moving")
        assert answer.headers["retry-after"] == "2"
        assert (await api.get("/documents/")).status_code == 200

    async def is_open() -> bool:
        return (await api.post("/signals/", json={"feedback": "x", "context": {}})).status_code == 201

    await until(is_open)
    await abandon_move(processes, project)
    assert not await installation.count("south", "projects", api.project)
    assert not await installation.count("north", "moving_projects", api.project)
    assert (await api.get("/documents/")).status_code == 200


async def test_a_backup_begins_between_two_steps_of_a_move(installation: Installation, ada: Api) -> None:
    api = await installation.project(ada, "north", "While a backup is taken")
    project, processes, begun = UUID(api.project), installation.cells.reachable(), threading.Event()

    def back_up() -> None:
        with snapshots(installation.urls["home"], [installation.urls["north"]]) as (names, seconds):
            assert len(names) == 2
            assert seconds < 30
            begun.set()

    async with opened_move(processes, project, "south") as move:
        await move.prepare()
        async with move._step():
            backup = asyncio.create_task(asyncio.to_thread(back_up))
            await until(lambda: _waits_for_lock(installation.urls["home"]))
            assert not begun.is_set()
        await backup
        await move.copy(quiet)
    await abandon_move(processes, project)


async def _waits_for_lock(url: str) -> bool:
    query = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted)"
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(query, [MOVES_LOCK])).fetchone()
    return row == (True,)
