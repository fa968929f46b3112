"""Fixtures for tests of MCP."""

from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest

from citewell.auth.sessions import start_session
from citewell.models import User
from citewell.process import Process
from tests.conftest import Api
from tests.mcp.program import Program


@pytest.fixture
async def program(process: Process, api: Api) -> AsyncIterator[Program]:
    me = (await api.http.get("/api/v1/users/me/")).json()
    async with process.database.write() as session:
        user = await session.get_one(User, me["id"])
        _, secret = await start_session(session, user)
    async with httpx.AsyncClient(base_url=api.server, timeout=60) as http:
        yield Program(http, secret)
