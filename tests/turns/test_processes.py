"""Turns under processes that are killed and a database that is restarted."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
import pytest

from citewell.db.embedded import EmbeddedPostgres
from citewell.db.engine import Database
from citewell.process import open_process
from citewell.turns.lease import Leases
from tests.conftest import client_of, make_settings, serving
from tests.prepared import begin_as_prepared
from tests.processes import DevModel, Serving, citewell, postgres_of, wait_until
from tests.sse import new_conversation
from tests.turns.conftest import Replica, Stream, Talk, said, stored_log
from tests.waiting import until


@pytest.fixture(scope="module")
def model() -> Iterator[DevModel]:
    process = DevModel()
    yield process
    process.stop()


@pytest.fixture
def environment(model: DevModel, clone: Any) -> dict[str, str]:
    return {
        "CITEWELL_DATABASE_URL": clone(),
        "CITEWELL_MODEL": "openai/paced:tokens=400,rate=20",
        "CITEWELL_MODEL_BASE_URL": model.url,
        "CITEWELL_EMBEDDING": "none",
        "CITEWELL_TURN_SHUTDOWN_SECONDS": "1",
    }


async def _ask(server: Serving, token: str) -> tuple[httpx.AsyncClient, str]:
    """A client, and the path of a conversation of its own."""
    http = httpx.AsyncClient(
        base_url=f"{server.address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    project = (await http.post("/projects/", json={"name": "P"})).json()["id"]
    agent = (await http.get(f"/projects/{project}/agent-settings/")).json()["results"][0]["id"]
    made = await http.post(f"/projects/{project}/playground-conversations/", json={"agent_settings": agent})
    return http, f"/projects/{project}/playground-conversations/{made.json()['id']}"


async def test_a_killed_process_is_taken_over_within_the_lease(environment: dict[str, str], tmp_path: Path) -> None:
    environment |= {"CITEWELL_TURN_LEASE_SECONDS": "2"}
    token = citewell("token", "create", "a@example.org", cwd=tmp_path, **environment).stdout.strip()
    dying, other = (Serving(tmp_path / name, "--no-worker", **environment) for name in "ab")
    try:
        http, path = await _ask(dying, token)
        async with http.stream("POST", f"{path}/send_message_stream/", json={"message": "Well?"}) as answer:
            read = await Stream(answer).take(10)
            dying.process.send_signal(signal.SIGKILL)
            killed = asyncio.get_running_loop().time()
        async with httpx.AsyncClient(base_url=f"{other.address}/api/v1", headers=http.headers, timeout=60) as alive:
            after = {"after": str(read[-1]["_id"])}
            async with alive.stream("GET", f"{path}/turns/0/events/", params=after) as answer:
                rest = await Stream(answer).rest()
            taken = asyncio.get_running_loop().time() - killed
            assert rest[-1]["type_streaming"] == "streaming_error"
            assert rest[-1]["payload"]["error_code"] == "server_died"
            assert taken < 10
            turn = (await alive.get(f"{path}/turns/")).json()["results"][0]
            assert turn["state"] == "failed"
            history = (await alive.get(f"{path}/")).json()["chat_history"]
            assert history[-1]["state"] == "failed"
            assert said(read).startswith(history[-1]["content"][:20])
            async with alive.stream("POST", f"{path}/send_message_stream/", json={"message": "Again?"}) as answer:
                assert answer.status_code == 200, "the conversation takes the next message at once"
        await http.aclose()
    finally:
        dying.process.kill()
        other.process.send_signal(signal.SIGTERM)
        other.process.wait(30)


async def test_a_process_that_was_stopped_shows_no_more_than_the_history_keeps(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Another process closes its turn meanwhile; when it wakes, the rest of the model's answer waits in its socket."""
    environment |= {"CITEWELL_MODEL": "openai/paced:tokens=60,rate=5", "CITEWELL_TURN_LEASE_SECONDS": "1"}
    token = citewell("token", "create", "a@example.org", cwd=tmp_path, **environment).stdout.strip()
    server = Serving(tmp_path / "a", "--no-worker", **environment)
    database = Database(environment["CITEWELL_DATABASE_URL"])
    try:
        http, path = await _ask(server, token)
        async with http.stream("POST", f"{path}/send_message_stream/", json={"message": "Well?"}) as answer:
            stream = Stream(answer)
            read = await stream.take(5)
            server.process.send_signal(signal.SIGSTOP)
            await _close_dead_turn(database)
            server.process.send_signal(signal.SIGCONT)
            rest = await stream.rest()
        assert rest[-1]["payload"]["error_code"] == "server_died"
        kept = (await http.get(f"{path}/")).json()["chat_history"][-1]["content"]
        # What was shown in the last moments before the stop, up to a write of the log, may be missing.
        assert len(said(read + rest)) <= len(kept) + 3 * len("token 1 ")
        await http.aclose()
    finally:
        server.process.kill()
        await database.close()


async def _close_dead_turn(database: Database) -> None:
    observer = Leases(database, "observer", {}, lambda turn: None, seconds=1.0)
    await until(observer.close_dead)


async def test_a_shutdown_closes_what_does_not_end(environment: dict[str, str], tmp_path: Path) -> None:
    token = citewell("token", "create", "a@example.org", cwd=tmp_path, **environment).stdout.strip()
    server = Serving(tmp_path / "a", "--no-worker", **environment)
    http, path = await _ask(server, token)
    async with http.stream("POST", f"{path}/send_message_stream/", json={"message": "Well?"}) as answer:
        stream = Stream(answer)
        read = await stream.take(5)
        server.process.send_signal(signal.SIGTERM)
        read += await stream.rest()
    assert read[-1]["type_streaming"] == "streaming_error"
    assert read[-1]["payload"]["error_code"] == "server_shutdown"
    assert await asyncio.to_thread(server.process.wait, 30) == 0
    await http.aclose()


@pytest.fixture
async def own_database(scripted: Any, tmp_path: Path) -> AsyncIterator[tuple[Talk, Path]]:
    """A talk on a database server of its own, which one may restart."""
    folder = Path(tempfile.mkdtemp(prefix="cw-r-"))
    begin_as_prepared(folder)
    server = EmbeddedPostgres(folder)
    url = await asyncio.to_thread(server.start)
    settings = make_settings(
        url, tmp_path, model="openai/paced:tokens=150,rate=30", model_base_url=scripted[0], embedding="none"
    )
    async with (
        open_process(settings) as process,
        serving(process) as address,
        client_of(process, address, "a@example.org") as api,
    ):
        api.project = (await api.http.post("/api/v1/projects/", json={"name": "P"})).json()["id"]
        yield Talk(Replica(process, address, scripted[1]), api, await new_conversation(api)), folder
    await asyncio.to_thread(server.stop)
    shutil.rmtree(folder, ignore_errors=True)


async def test_the_database_restarts_in_the_middle_of_an_answer(own_database: tuple[Talk, Path]) -> None:
    talk, folder = own_database

    def restart() -> None:
        [postmaster, *_] = postgres_of(folder)
        postmaster.send_signal(signal.SIGINT)
        wait_until(lambda: not _alive(postmaster), 240)
        EmbeddedPostgres(folder).start()

    async with talk.asking(stream_mode="delta") as stream:
        read = await stream.take(20)
        await asyncio.to_thread(restart)
        read += await stream.rest()
    assert read[-1]["type_streaming"] == "streaming_completed"
    history = await talk.check_consistent()
    assert said(read) == history[-1]["content"]
    rows = await stored_log(talk.replica, talk.api.project)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(rows))


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
