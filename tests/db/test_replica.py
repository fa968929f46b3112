"""Reading from a real streaming standby: who may, what they see, and what happens when it lags or fails."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from citewell.db.migrate import migrate
from citewell.db.replica import Replica
from citewell.db.standby_watch import StandbyWatch
from citewell.errors import SetupError
from citewell.installation.checks import check_cells
from citewell.installation.database_checks import check_replica, check_server
from citewell.kit.outages import UnconfirmedCommit
from citewell.process import Process, open_process
from tests.cells.conftest import installed
from tests.conftest import Api, client_of, make_settings, serving, until_ended
from tests.pgbouncer import PROGRAM, pgbouncer
from tests.standby import Pair, primary_and_standby
from tests.waiting import until


@pytest.fixture(scope="module")
def pair() -> Any:
    with primary_and_standby() as servers:
        admin = servers.primary_url.replace("/citewell?", "/postgres?")
        with psycopg.connect(admin, autocommit=True) as connection:  # while nobody uses the template
            connection.execute("CREATE DATABASE north TEMPLATE citewell")
        yield servers


@pytest.fixture(scope="module")
async def process(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    settings = make_settings(
        pair.either, tmp_path_factory.mktemp("data"), embedding="none", database_read_url=pair.standby_url
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("look_seconds", "idle_seconds", "hold_seconds"):
            patch.setattr(StandbyWatch, name, 0.1)
        async with open_process(settings, worker=True, embed=False) as opened:
            yield opened


@pytest.fixture(scope="module")
async def server(process: Process) -> AsyncIterator[str]:
    async with serving(process) as address:
        yield address


@pytest.fixture(scope="module")
async def writer(process: Process, server: str) -> AsyncIterator[Api]:
    async with client_of(process, server, "writer@example.org", superuser=True) as client:
        yield client


@pytest.fixture(scope="module")
async def reader(process: Process, server: str) -> AsyncIterator[Api]:
    async with client_of(process, server, "reader@example.org", superuser=True) as client:
        yield client


def replica_of(process: Process) -> Replica:
    assert process.database.replica is not None
    return process.database.replica


async def caught_up(process: Process) -> None:
    now = time.monotonic()
    await until(lambda: replica_of(process).lag < time.monotonic() - now)


async def _create(api: Api, name: str) -> httpx.Response:
    return await api.http.post("/api/v1/projects/", json={"name": name, "business_brief": "Tests"})


async def project(api: Api, name: str) -> str:
    answer = await _create(api, name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def names(api: Api) -> list[str]:
    answer = await api.http.get("/api/v1/projects/", params={"limit": 100})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["results"]]


async def test_a_writer_sees_their_writes_and_others_may_lag(
    process: Process, pair: Pair, writer: Api, reader: Api
) -> None:
    await names(reader)
    await names(writer)
    await caught_up(process)
    pair.on_standby("SELECT pg_wal_replay_pause()")
    try:
        await project(writer, "Later")
        assert "Later" in await names(writer), "one's own write is read from the primary"
        assert "Later" not in await names(reader), "the standby has served this"
    finally:
        pair.on_standby("SELECT pg_wal_replay_resume()")
    await caught_up(process)
    assert "Later" in await names(reader)
    assert "Later" in await names(writer)


async def test_past_the_limit_the_primary_serves(
    process: Process, pair: Pair, writer: Api, reader: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = replica_of(process)
    monkeypatch.setattr(replica, "_max_lag", 1.0)
    await caught_up(process)
    pair.on_standby("SELECT pg_wal_replay_pause()")
    try:
        await project(writer, "Much later")
        await until(lambda: not replica.is_usable)
        assert "Much later" in await names(reader)
        found = check_replica(pair.standby_url, process.settings.model_copy(update={"database_read_lag_seconds": 0.1}))
        assert found.level == "bad"
        assert "behind, so the primary serves everything" in found.text
    finally:
        pair.on_standby("SELECT pg_wal_replay_resume()")
    await caught_up(process)
    assert replica.is_usable


async def test_searches_by_words_find_everything(process: Process, pair: Pair, writer: Api, reader: Api) -> None:
    """pg_textsearch 1.0 has no index on a standby: those searches stay with the primary."""
    writer.project = reader.project = await project(writer, "Words")
    files = [("files", ("taxi.md", b"# Travel\n\nA taxi is paid for after ten in the evening."))]
    uploaded = await writer.post("/documents/bulk-upload/", files=files)
    await until_ended(writer, [uploaded.json()[0]["id"]])
    await names(reader)
    await caught_up(process)
    for api in (writer, reader):
        answer = await api.post("/retrieve-with-full-text-search/", json={"query": "taxi"})
        assert answer.status_code == 200, answer.text
        assert "taxi" in answer.text
    found = check_replica(pair.standby_url, process.settings)
    assert (found.level, found.text.split()[0]) == ("note", "pg_textsearch"), found


async def test_a_doctor_sees_each_fault_of_a_standby(process: Process, pair: Pair) -> None:
    assert "names no standby" in check_replica(pair.primary_url, process.settings).text
    assert "does not answer" in check_replica("postgresql://postgres@127.0.0.1:1/citewell", process.settings).text
    with psycopg.connect(pair.primary_url, autocommit=True) as primary:
        found = {finding.subject: finding for finding in check_server(primary)}
        assert [one.level for name, one in found.items() if name.startswith("standby ")] == ["ok"]
        assert "synchronous standby" not in found
        try:
            _set(primary, "synchronous_standby_names = 'somebody'")
            found = {finding.subject: finding for finding in check_server(primary)}
            assert "somebody" in found["synchronous standby"].text
        finally:
            _set(primary, "synchronous_standby_names = ''")


@contextlib.asynccontextmanager
async def standby_away(pair: Pair) -> AsyncIterator[None]:
    """Commits wait for a synchronous standby that is not there. The setting alone does not mean that they do yet."""
    waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"
    with psycopg.connect(pair.primary_url, autocommit=True) as primary:
        _set(primary, "synchronous_standby_names = 'somebody'")
        committing = asyncio.create_task(_commit_again_and_again(pair.primary_url))
        try:
            await until(lambda: primary.execute(waits).fetchone() == (True,))
            committing.cancel()
            await until(committing.done)
            yield
        finally:
            committing.cancel()
            _set(primary, "synchronous_standby_names = ''")


async def _commit_again_and_again(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            await connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")


@pytest.fixture
def patient(process: Process, monkeypatch: pytest.MonkeyPatch) -> StandbyWatch:
    """The watch of the process, which refuses no write before it begins."""
    monkeypatch.setattr(process.database.standby, "hold_seconds", 60.0)
    return process.database.standby


async def test_while_writes_wait_for_a_synchronous_standby_reading_goes_on(
    patient: StandbyWatch, pair: Pair, server: str, writer: Api, reader: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project(writer, "To be read")
    await names(reader)
    async with standby_away(pair):
        writing = [asyncio.create_task(_create(writer, f"Held back {number}")) for number in range(20)]
        await until(lambda: bool(patient._since))
        monkeypatch.setattr(patient, "hold_seconds", 0.1)
        ready: dict[str, Any] = {}
        async with asyncio.timeout(240):
            while ready != {"status": "ready", "waiting": ["writes"]}:
                ready = (await reader.http.get("/readyz")).json()
            assert await names(writer), "who has just tried to write reads from the primary"
        await until(lambda: patient.is_holding)
        refused = await _create(writer, "Refused")
        assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable"), refused.text
        assert refused.headers["retry-after"], "nothing was stored: it may be sent again"
    answers = [answer.status_code for answer in await asyncio.gather(*writing)]
    await until(lambda: not patient.is_holding)
    await project(writer, "Afterwards")
    stored = [name for name in await names(writer) if name.startswith("Held back")]
    assert 201 in answers
    assert set(answers) <= {201, 503}
    assert len(stored) == answers.count(201), "what waited is acknowledged late, what was refused is not stored"


async def test_what_no_standby_confirms_in_time_is_not_acknowledged(
    process: Process, patient: StandbyWatch, pair: Pair, writer: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL reports a commit whose wait is cancelled as a success, with a warning."""
    monkeypatch.setattr(patient, "_limit", 0.5)
    database, counted = process.database, UUID(await project(writer, "Counted"))
    rename = "UPDATE projects SET business_brief = 'New' WHERE id = %(id)s RETURNING id"
    async with standby_away(pair):
        process.usage.count(counted)
        writes = (database.direct.fetch(rename, {"id": counted}, writes=True), process.usage.flush())
        answer, *failed = await asyncio.gather(_create(writer, "Unsafe"), *writes, return_exceptions=True)
        assert isinstance(answer, httpx.Response)
        assert (answer.status_code, answer.json()["code"]) == (503, "commit_unconfirmed"), answer.text
        assert "retry-after" not in answer.headers, "a second time would do it twice"
        for error in failed:
            assert isinstance(error, OperationalError)
            assert isinstance(error.orig, UnconfirmedCommit)
        assert "Unsafe" in await names(writer), "who looks finds it"
    await project(writer, "Safe")
    await process.usage.flush()
    query = "SELECT count FROM retrieval_counts WHERE project_id = %(id)s"
    [row] = await database.direct.fetch(query, {"id": counted})
    assert row[0] == 1, "nothing is counted twice"


def _set(connection: psycopg.Connection[Any], setting: str) -> None:
    """For the whole server, and wait until this connection has it."""
    name, _, value = setting.partition(" = ")
    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
    connection.execute("SELECT pg_reload_conf()")
    while connection.execute("SELECT current_setting(%s)", [name]).fetchone() != (value.strip("'"),):
        time.sleep(0.02)


@pytest.fixture
def north(pair: Pair) -> Iterator[tuple[str, str, str]]:
    """The URLs of a cell's database: through a pooler where there is one, of the server itself, and of its standby."""
    primary, standby = (url.replace("/citewell?", "/north?") for url in (pair.primary_url, pair.standby_url))
    with pgbouncer(primary) if PROGRAM is not None else contextlib.nullcontext(primary) as pooled:
        yield pooled, primary, standby


async def test_a_cell_has_a_standby_and_a_pooler_of_its_own(
    pair: Pair, north: tuple[str, str, str], clone: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pooled, primary, standby = north
    places = {"cells": pooled, "cells_direct": primary, "cells_read": standby}
    more: dict[str, Any] = {name: {"north": SecretStr(url)} for name, url in places.items()}
    home = clone()
    settings = make_settings(home, tmp_path, embedding="none", cell_of_new_projects="north", **more)
    async with (
        installed(settings, {"home": home, "north": primary}) as installation,
        client_of(installation.home, installation.server, "writer@example.org") as writer,
        client_of(installation.home, installation.server, "reader@example.org", superuser=True) as reader,
    ):
        cell = installation.cells.cell("north").process
        assert cell is not None
        assert cell.database.is_pooled
        writer.project = reader.project = await project(writer, "In the north")
        await _documents(reader)
        await _documents(writer)
        await caught_up(cell)
        pair.on_standby("SELECT pg_wal_replay_pause()")
        try:
            await _upload(writer, "Later")
            assert "Later" in await _documents(writer), "one's own write is read from the cell's primary"
            assert "Later" not in await _documents(reader), "the cell's standby has served this"
            monkeypatch.setattr(replica_of(cell), "_max_lag", 0.5)
            await until(lambda: not replica_of(cell).is_usable)
            assert "Later" in await _documents(reader), "past the limit the cell's primary serves"
        finally:
            pair.on_standby("SELECT pg_wal_replay_resume()")
        found = {finding.subject: finding.level for finding in check_cells(settings)}
        assert (found["cell north"], found["cell north, read replica"]) == ("ok", "note"), found


async def _upload(api: Api, title: str) -> None:
    answer = await api.post("/documents/bulk-upload/", files=[("files", (f"{title}.md", b"# Travel"))])
    assert answer.status_code < 300, answer.text


async def _documents(api: Api) -> set[str]:
    answer = await api.get("/documents/", params={"limit": 100})
    assert answer.status_code == 200, answer.text
    return {item["name"].removesuffix(".md") for item in answer.json()["results"]}


async def test_a_standby_is_not_taken_for_the_primary(pair: Pair) -> None:
    with pytest.raises(SetupError, match="CITEWELL_DATABASE_READ_URL"):
        migrate(pair.standby_url)


async def test_promotion_loses_nothing(process: Process, pair: Pair, writer: Api, reader: Api) -> None:
    """The last test of this file: the primary dies, the standby becomes the primary."""
    await project(writer, "Before")
    await caught_up(process)
    pair.primary.stop()
    pair.on_standby("SELECT pg_promote()")

    async def is_created() -> bool:
        answer = await _create(writer, "After")
        assert answer.status_code in (201, 503), answer.text
        return answer.status_code == 201

    await until(is_created)
    assert {"Before", "After"} <= set(await names(reader))
