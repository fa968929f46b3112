"""Behind a real pgbouncer in transaction mode."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from citewell.cli.doctor import check_planner
from citewell.db.migrate import migrate
from citewell.db.partitions import ensure_vector_index
from citewell.errors import SetupError
from citewell.process import Process, open_process
from tests.conftest import Api, client_of, make_settings, serving, until_ended
from tests.pgbouncer import PROGRAM, pgbouncer
from tests.samples import SAMPLES
from tests.sse import ask, final_answer

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed (apt-get install pgbouncer)")


@pytest.fixture(scope="module")
async def pooled(clone: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    url = clone()
    with pgbouncer(url) as address:
        settings = make_settings(
            address, tmp_path_factory.mktemp("data"), database_direct_url=url, max_turns_per_user=50
        )
        async with open_process(settings, worker=True) as process:
            yield process


@pytest.fixture(scope="module")
async def api(pooled: Process) -> AsyncIterator[Api]:
    async with serving(pooled) as server, client_of(pooled, server, "pooled@example.org") as client:
        answer = await client.http.post("/api/v1/projects/", json={"name": "A project", "business_brief": "Tests"})
        client.project = answer.json()["id"]
        files = [("files", (name, content)) for name, content in SAMPLES.items()]
        uploaded = await client.post("/documents/bulk-upload/", files=files)
        found = await until_ended(client, [item["id"] for item in uploaded.json()])
        assert {item["status"] for item in found.values()} == {"active"}
        yield client


def test_without_the_way_to_the_server_itself_the_start_says_what_is_missing(postgres: str) -> None:
    with pgbouncer(postgres) as address, pytest.raises(SetupError, match="CITEWELL_DATABASE_DIRECT_URL"):
        migrate(address)


async def test_forty_questions_at_once(api: Api) -> None:
    question = "How much may a hotel room cost in Oslo?"
    streams = await asyncio.gather(*(ask(api, question) for _ in range(40)))
    assert {bool(final_answer(events)["content"]) for events in streams} == {True}


async def test_connections_have_the_settings_of_the_product(pooled: Process) -> None:
    async with pooled.database.direct.connect() as connection:
        for name, value in (("random_page_cost", "1.1"), ("hnsw.iterative_scan", "strict_order"), ("jit", "off")):
            row = await (await connection.execute(f"SHOW {name}".encode())).fetchone()
            assert row is not None
            assert row[0] == value
    assert check_planner(pooled.settings, pooled.settings.database_url.get_secret_value()).level == "ok"  # type: ignore[union-attr]


async def test_long_maintenance_leaves_no_setting_behind(pooled: Process, api: Api) -> None:
    async with pooled.database.autocommit(statement_seconds=0) as connection:
        await ensure_vector_index(connection, UUID(api.project))
    url = pooled.settings.database_url.get_secret_value()  # type: ignore[union-attr]
    for _ in range(8):
        with psycopg.connect(url, autocommit=True) as connection_:
            assert connection_.execute("SHOW statement_timeout").fetchone() == ("2min",)
