"""An embedded Postgres for each process of the run; in it, databases that are cloned from a migrated one.

Nearly every test talks HTTP over a real socket to the one shared server and makes its own project, so tests do not see
each other. Tests that stop or kill things start their own processes (`tests/processes.py`).
"""

import asyncio
import contextlib
import functools
import gc
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest
import uvicorn
import uvloop
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx2._transports import default as transports
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import select

from citewell.auth.tokens import create_token, digest
from citewell.db.embedded import EmbeddedPostgres
from citewell.kit import password_hashing
from citewell.kit.connections import server_options
from citewell.kit.ids import new_id
from citewell.logs import configure_logging
from citewell.main import create_app
from citewell.models import ProjectPermission, Token, User
from citewell.process import Process, open_process
from citewell.settings import Settings
from citewell.users.service import ensure_user
from tests import prepared
from tests.contract.checking import check_answer
from tests.processes import growing_pauses, postgres_of
from tests.samples import SAMPLES

# Collecting makes millions of objects and no garbage; what it has made stays.
gc.disable()

# Without stored bytecode, each of the hundreds of processes that tests start would compile all sources again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A password costs next to nothing here; what commands hash costs what it should (tests/auth/test_commands.py).
password_hashing.PasswordHasher = functools.partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)

# Each client would read the certificates of all authorities anew.
transports.create_ssl_context = functools.cache(transports.create_ssl_context)

# The files that take longest begin first, so that no process of the run is left alone with one at the end.
_SLOWEST = (
    "tests/web/test_browser.py",
    "tests/contract/test_properties.py",
    "tests/cli/test_commands.py",
    "tests/test_crash.py",
    "tests/test_outages.py",
    "tests/backup/test_backup.py",
    "tests/turns/test_processes.py",
    "tests/access/test_routes.py",
    "tests/cells/test_moving.py",
    "tests/external/test_conformance.py",
    "tests/documents/test_processing.py",
)

# On a busy machine an example may take long, and so may the making of it.
hypothesis_settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("busy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first. `--dist loadfile --no-loadscope-reorder` hands files out in this order."""
    place = {name: number for number, name in enumerate(_SLOWEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop that the server runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session", autouse=True)
def _logging() -> None:
    configure_logging()
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each request of a test


@pytest.fixture(scope="session", autouse=True)
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the processes of a run share: a prepared database cluster, and embedding models."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return Path(os.environ.setdefault(prepared.VARIABLE, str(folder)))


@pytest.fixture(scope="session", autouse=True)
def models_dir(run_dir: Path) -> Path:
    """Where embedding models are prepared, once for all of the run; settings and processes find it there."""
    folder = run_dir / "models"
    os.environ["CITEWELL_MODELS_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def postgres(run_dir: Path) -> Iterator[str]:
    """URL of a migrated database that others are cloned from."""
    folder = Path(tempfile.mkdtemp(prefix="cw-t-"))
    try:
        prepared.begin_as_prepared(folder)
        with EmbeddedPostgres(folder) as url:
            yield url
            for server in postgres_of(folder)[:1]:
                server.send_signal(signal.SIGQUIT)  # it ends at once: what it would still write is deleted
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def clone(postgres: str) -> Any:
    """A function that makes a fresh database and returns its URL."""

    def make() -> str:
        name = f"t_{new_id().hex}"
        with psycopg.connect(postgres.replace("/citewell?", "/postgres?"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE citewell STRATEGY file_copy")
        return postgres.replace("/citewell?", f"/{name}?")

    return make


@pytest.fixture
def database_url(clone: Any) -> str:
    return str(clone())


def make_settings(url: str, folder: Path, **more: Any) -> Settings:
    usual = {"rate_limit_burst": 1_000_000, "turn_shutdown_seconds": 1}  # tests leave answers that never end
    return Settings(**{"database_url": url, "data_dir": folder} | usual | more)


@pytest.fixture(scope="session")
async def process(clone: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    settings = make_settings(clone(), tmp_path_factory.mktemp("data"))
    async with open_process(settings, worker=True) as opened:
        if opened.embedder is not None:
            await opened.embedder.prepare()
        yield opened


@contextlib.asynccontextmanager
async def serving(process: Process, app: Any = None, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[str]:
    """The application, or another one, on a real socket; its address. `clock` times the bodies of requests."""
    settings = process.settings
    options = server_options(settings.max_connections_per_peer, settings.min_body_bytes_per_second, clock)
    config = uvicorn.Config(
        app or create_app(process), port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=2, **options
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(60):
        while not server.started:
            assert not task.done(), "the server did not start"
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 60)


@pytest.fixture(scope="session")
def application(process: Process) -> FastAPI:
    return create_app(process)


@pytest.fixture(scope="session")
async def server(process: Process, application: FastAPI) -> AsyncIterator[str]:
    async with serving(process, application) as address:
        yield address


@pytest.fixture(scope="session")
def document(application: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, as JSON; making it takes seconds."""
    made: dict[str, Any] = json.loads(json.dumps(application.openapi()))
    return made


async def token_for(process: Process, email: str, *, superuser: bool = False) -> str:
    async with process.database.write() as session:
        user = await ensure_user(session, email, superuser=superuser)
        return await create_token(session, user.id)


async def grant(process: Process, api: "Api", token: str | None, permissions: list[str]) -> None:
    """Let the user of this token do something in the project of `api`."""
    async with process.database.write() as session:
        query = select(User.id).join(Token, Token.user_id == User.id).where(Token.hash == digest(token or ""))
        user_id = (await session.scalars(query)).one()
        session.add(ProjectPermission(project_id=UUID(api.project), user_id=user_id, permissions=permissions))


@dataclass
class Api:
    """An HTTP client of one user, and their project."""

    http: httpx.AsyncClient
    token: str
    server: str
    project: str = ""

    @property
    def base(self) -> str:
        return f"/api/v1/projects/{self.project}"

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.get(f"{self.base}{path}", **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.post(f"{self.base}{path}", **more)

    async def patch(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.patch(f"{self.base}{path}", **more)

    async def delete(self, path: str, **more: Any) -> httpx.Response:
        return await self.http.delete(f"{self.base}{path}", **more)


@contextlib.asynccontextmanager
async def client_of(process: Process, server: str, email: str, *, superuser: bool = False) -> AsyncIterator[Api]:
    token = await token_for(process, email, superuser=superuser)
    headers = {"Authorization": f"Bearer {token}"}
    hooks = {"response": [check_answer]}
    options = {"headers": headers, "timeout": 60, "event_hooks": hooks}
    async with httpx.AsyncClient(base_url=server, **options) as http:
        yield Api(http, token, server)


@pytest.fixture
async def api(process: Process, server: str) -> AsyncIterator[Api]:
    """A new user with a new, empty project of theirs."""
    async with client_of(process, server, f"{new_id().hex}@example.org") as client:
        answer = await client.http.post("/api/v1/projects/", json={"name": "A project", "business_brief": "Tests"})
        assert answer.status_code == 201, answer.text
        client.project = answer.json()["id"]
        yield client


@pytest.fixture(scope="session")
async def handbook(process: Process, server: str) -> AsyncIterator[Api]:
    """A user whose project holds the small documents of `tests/samples.py`, all active."""
    async with client_of(process, server, "reader@example.org") as client:
        answer = await client.http.post("/api/v1/projects/", json={"name": "Handbook", "business_brief": "A handbook"})
        client.project = answer.json()["id"]
        files = [("files", (name, content)) for name, content in SAMPLES.items()]
        uploaded = await client.post("/documents/bulk-upload/", files=files)
        assert uploaded.status_code == 201, uploaded.text
        await until_ended(client, [item["id"] for item in uploaded.json()])
        yield client


async def until_ended(api: Api, documents: list[str], seconds: float = 240) -> dict[str, dict[str, Any]]:
    """Ask for the indexing status until each document has ended; status by document."""
    ended = ("active", "failed", "deleted")
    pauses = growing_pauses()
    async with asyncio.timeout(seconds):
        while True:
            answer = await api.get("/documents/indexing-status/", params={"document_ids": ",".join(documents)})
            rows = {row["document_id"]: row for row in answer.json()}
            if len(rows) == len(documents) and all(row["status"] in ended for row in rows.values()):
                return rows
            await asyncio.sleep(next(pauses))
