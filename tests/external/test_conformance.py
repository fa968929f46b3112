"""The conformance suite and the inspector of the Model Context Protocol, against the server as it is."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2 as httpx
import pytest
from mcp.shared.exceptions import MCPError

from citewell.kit.body_limit import BodyLimitMiddleware
from citewell.main import create_app
from citewell.mcp import server as mcp_server
from citewell.mcp.context import McpContext
from citewell.mcp.endpoint import McpEndpoint
from citewell.mcp.server import McpServer
from citewell.process import Process
from tests.conftest import Api, serving
from tests.external.fixtures import fixture_server
from tests.external.programs import node_environment, run_node, start_node
from tests.mcp.conftest import program  # noqa: F401 - a fixture
from tests.mcp.program import Program

CONFORMANCE = "@modelcontextprotocol/conformance/dist/index.js"
INSPECTOR = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"


class WithToken:
    """The application, for a client that cannot send a token: adds one to what comes to `/mcp`."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._header = (b"authorization", f"Bearer {token}".encode())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/mcp"):
            scope = scope | {"headers": [*scope["headers"], self._header]}
        await self._app(scope, receive, send)


async def _missing_capability(context: McpContext, given: dict[str, Any]) -> Any:
    raise MCPError(-32021, "This tool needs sampling.", {"requiredCapabilities": {"sampling": {}}})


@pytest.fixture(scope="module")
async def known(process: Process, handbook: Api) -> AsyncIterator[str]:
    """The address of the MCP server where everybody is known, with the one tool that the suite cannot do without."""
    node_environment()
    with pytest.MonkeyPatch.context() as patch:
        name = "test_missing_capability"
        patch.setitem(mcp_server._BY_NAME, name, SimpleNamespace(name=name, call=_missing_capability))
        async with serving(process, WithToken(create_app(process), handbook.token)) as address:
            yield f"{address}/mcp"


@pytest.fixture(scope="module")
async def fixtures(process: Process, handbook: Api) -> AsyncIterator[str]:
    """The address of our endpoint with the suite's fixture tools behind it."""
    node_environment()
    endpoint = McpEndpoint(process)
    await endpoint.serve(McpServer(fixture_server(), stateless=False))
    limited = BodyLimitMiddleware(endpoint, usual=2**20, upload=2**20)  # as in the application
    async with serving(process, WithToken(limited, handbook.token)) as address:
        yield f"{address}/mcp"


_BOTH = ("dns-rebinding-protection", "tools-list", "resources-list", "prompts-list")
_SCENARIOS = {
    "2025-11-25": ("server-initialize", "ping", *_BOTH),
    "2026-07-28": ("server-stateless", "caching", "http-header-validation", "sep-2164-resource-not-found", *_BOTH),
}


@pytest.mark.parametrize("revision", list(_SCENARIOS))
async def test_all_that_a_revision_requires(fixtures: str, revision: str) -> None:
    """Each scenario that the suite lists as required, with its fixture tools behind our endpoint."""
    code, output = await run_node(CONFORMANCE, "server", "--url", fixtures, "--requirements", revision)
    assert code == 0, output


@pytest.mark.parametrize("revision", list(_SCENARIOS))
async def test_no_required_check_fails(known: str, revision: str) -> None:
    """Two scenarios at a time: each is a start of Node."""
    room = asyncio.Semaphore(2)

    async def one(scenario: str) -> str:
        async with room:
            code, output = await run_node(
                CONFORMANCE, "server", "--url", known, "--scenario", scenario, "--spec-version", revision
            )
        return f"{scenario}:\n{output}" if code else ""

    failed = [told for told in await asyncio.gather(*map(one, _SCENARIOS[revision])) if told]
    assert not failed, "\n".join(failed)


async def test_the_authorization_server(program: Program, api: Api) -> None:  # noqa: F811
    """A person follows the address that the suite prints, and allows what it asks for."""
    port = 9281
    await program.register(redirect_uris=[f"http://127.0.0.1:{port}/callback"])
    process = await start_node(
        CONFORMANCE, "authorization", "--url", api.server, "--client-id", program.client_id,
        "--resource", f"{api.server}/mcp", "--port", str(port),
    )  # fmt: skip
    assert process.stdout is not None
    output = ""
    while line := (await asyncio.wait_for(process.stdout.readline(), 60)).decode():
        output += line
        if found := re.search(r"https?://\S*/o/authorize/\?\S+", line):
            asked = dict(parse_qsl(urlsplit(found[0]).query))
            answer = await program.decide(**asked)
            async with httpx.AsyncClient() as browser:
                await browser.get(answer.headers["location"])
    assert await asyncio.wait_for(process.wait(), 60) == 0, output


async def test_the_inspector_lists_and_calls(known: str, handbook: Api) -> None:
    code, output = await run_node(INSPECTOR, "--cli", known, "--transport", "http", "--method", "tools/list")
    assert code == 0, output
    assert "list_knowledge_stores" in [tool["name"] for tool in json.loads(output)["tools"]]
    code, output = await run_node(
        INSPECTOR, "--cli", known, "--transport", "http", "--method", "tools/call",
        "--tool-name", "search", "--tool-arg", "query=hotel", f"project_id={handbook.project}",
    )  # fmt: skip
    assert code == 0, output
    assert json.loads(output)["structuredContent"]["results"]
