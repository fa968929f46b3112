"""Clients that start a program, and what agents can download."""

import io
import json
import sys
import zipfile

import httpx2 as httpx
from mcp.client.stdio import StdioServerParameters, stdio_client

from mcp import ClientSession
from tests.conftest import Api
from tests.mcp.test_server import call, problem
from tests.processes import environment


async def test_a_program_speaks_for_the_server(handbook: Api) -> None:
    arguments = ["-m", "citewell", "mcp", "--stdio", "--url", handbook.server]
    program = StdioServerParameters(
        command=sys.executable, args=arguments, env=environment(CITEWELL_TOKEN=handbook.token)
    )
    async with stdio_client(program) as streams, ClientSession(streams[0], streams[1]) as client:
        await client.initialize()
        assert len((await client.list_tools()).tools) > 20
        found = await call(client, "search", query="Who pays for travel?", project_id=handbook.project)
        assert found["results"]
        assert "Search again" in await problem(client, "fetch", id=f"{handbook.project}:{handbook.project}")


async def test_skill_and_plugin_name_this_server(handbook: Api) -> None:
    async with httpx.AsyncClient(base_url=handbook.server) as anybody:
        skill = await anybody.get("/downloads/citewell-skill.zip")
        plugin = await anybody.get("/downloads/citewell-plugin.zip")
        index = (await anybody.get("/llms.txt")).text
    with zipfile.ZipFile(io.BytesIO(skill.content)) as archive:
        text = archive.read("citewell/SKILL.md").decode()
    assert text.startswith("---\nname: citewell\n")
    assert f"{handbook.server}/mcp" in text
    with zipfile.ZipFile(io.BytesIO(plugin.content)) as archive:
        servers = json.loads(archive.read(".mcp.json"))
        assert json.loads(archive.read(".claude-plugin/plugin.json"))["name"] == "citewell"
    assert servers["mcpServers"]["citewell"]["url"] == f"{handbook.server}/mcp"
    for client in ("claude", "chatgpt", "cursor", "vscode", "open-webui", "langchain", "llamaindex", "litellm"):
        assert f"{handbook.server}/docs/clients/{client}.md" in index
