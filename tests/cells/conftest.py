"""An installation of three cells, which are databases of one server here, with its application on a real socket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from citewell.cells.hosting import Cells, open_cells
from citewell.main import create_app, create_routes
from citewell.process import Process, open_process
from citewell.settings import Settings
from tests.conftest import Api, client_of, make_settings, serving


@dataclass
class Installation:
    """`urls` by cell; new projects are made in the cell `new`."""

    settings: Settings
    home: Process
    cells: Cells
    server: str
    urls: dict[str, str]

    async def project(self, api: Api, cell: str, name: str) -> Api:
        """A new project of the client's user in this cell."""
        self.home.settings.cell_of_new_projects = cell
        answer = await api.http.post("/api/v1/projects/", json={"name": name})
        assert answer.status_code == 201, answer.text
        return Api(api.http, api.token, api.server, answer.json()["id"])

    async def count(self, cell: str, table: str, project: str) -> int:
        """Rows of a table that a cell has of a project."""
        column = "id" if table == "projects" else "project_id"
        async with await psycopg.AsyncConnection.connect(self.urls[cell]) as connection:
            query = f"SELECT count(*) FROM {table} WHERE {column} = %s"
            row = await (await connection.execute(query, [UUID(project)])).fetchone()
        assert row is not None
        return int(row[0])

    @asynccontextmanager
    async def down(self, cell: str) -> AsyncIterator[None]:
        """The cell's database takes no connections, and those that there were are cut."""
        name = self.urls[cell].partition("?")[0].rsplit("/", 1)[1]
        away = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        admin = self.urls[cell].replace(f"/{name}?", "/postgres?")
        async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            try:
                await connection.execute(away)
                yield
            finally:
                await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@asynccontextmanager
async def installed(settings: Settings, urls: dict[str, str]) -> AsyncIterator[Installation]:
    async with (
        open_process(settings, worker=True) as home,
        open_cells(home, create_routes, worker=True) as cells,
    ):
        assert cells is not None
        async with serving(home, create_app(home, cells)) as address:
            yield Installation(settings, home, cells, address, urls)


@pytest.fixture(scope="package")
def cell_settings(
    clone: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, dict[str, str]]:
    urls = {name: clone() for name in ("home", "north", "south")}
    more: dict[str, Any] = {"cells": {name: SecretStr(urls[name]) for name in ("north", "south")}}
    return make_settings(urls["home"], tmp_path_factory.mktemp("cells"), embedding="none", **more), urls


@pytest.fixture(scope="package")
async def installation(cell_settings: tuple[Settings, dict[str, str]]) -> AsyncIterator[Installation]:
    async with installed(*cell_settings) as found:
        yield found


@pytest.fixture(scope="package")
async def ada(installation: Installation) -> AsyncIterator[Api]:
    async with client_of(installation.home, installation.server, "ada@example.org") as client:
        yield client
