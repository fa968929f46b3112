"""The MCP server as the SDK's own client sees it, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent

from citewell.auth.caller import Caller
from citewell.mcp import server as mcp_server
from citewell.mcp.bounds import MAX_RESULT_CHARS
from citewell.mcp.context import McpContext
from citewell.mcp.oauth.grants import ACCESS_PREFIX, Wanted, exchange_code, grant
from citewell.mcp.tool import Result
from citewell.models import OAuthClient
from citewell.process import Process
from mcp import ClientSession
from tests.conftest import Api, client_of, until_ended
from tests.conftest import grant as grant_in
from tests.documents.test_metadata import add_tag
from tests.documents.test_upload import upload
from tests.mcp.program import Program
from tests.sse import ask, new_conversation

WRITING = {"create_feedback", "resolve_feedback"}
_TYPES = ("markdown", "playbook_list", "mental_map", "design_template_list")
NAMES = {
    "whoami", "list_knowledge_stores", "list_knowledge", "library_tags_objects", "search", "fetch",
    *(f"{verb}_{kind}_artifact" for verb in ("get", "set") for kind in _TYPES),
    "get_artifact_definition", "get_knowledge", "list_tools", "get_tool", "run_tool", "show_figures",
    "create_feedback", "list_feedback", "get_feedback", "resolve_feedback",
    "list_conversations", "get_conversation", "list_interviews", "get_interview",
    "edit_brief", "edit_general_knowledge", "edit_corpus_description", "edit_playbook", "edit_mental_map",
}  # fmt: skip
_ASKED = {"user_query": "What does a train cost?"}
# The contract's payloads of feedback, and the opinion that each stands for.
PAYLOADS: dict[str, tuple[dict[str, Any], bool | None]] = {
    "missing_playbook": (_ASKED | {"available_playbooks": ["Trips"]}, None),
    "user_dissatisfaction": (_ASKED | {"answer_given": "5 EUR", "user_signal": "No!", "playbook_used": None}, False),
    "weak_playbook": (_ASKED | {"playbook_used": "Trips", "steps_followed": ["Search"]}, False),
    "schema_gap": (_ASKED | {"expected_concept": "Train", "existing_schema_checked": ["Trip"]}, None),
    "conflicting_data": (_ASKED | {"conflicts": [{"claim": "5 EUR", "sources": ["a.md"]}]}, None),
    "user_knowledge": (_ASKED | {"knowledge_provided": "Trains are free.", "context": "Travel"}, None),
    "skill_improvement": (_ASKED | {"user_instruction": "Shorter", "current_behavior": "Long"}, None),
    "direct_feedback": ({"additional_details": "All fine otherwise."}, False),
}


@asynccontextmanager
async def session(server: str, token: str) -> AsyncIterator[ClientSession]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=30) as http,
        streamable_http_client(f"{server}/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as client,
    ):
        await client.initialize()
        yield client


async def call(client: ClientSession, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    assert not result.is_error, result.content
    text = result.content[0]
    assert isinstance(text, TextContent)
    assert json.loads(text.text) == json.loads(json.dumps(result.structured_content, default=str))
    found: dict[str, Any] = result.structured_content
    return found


async def problem(client: ClientSession, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    assert result.is_error
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


async def test_every_tool_is_described(handbook: Api) -> None:
    async with session(handbook.server, handbook.token) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == NAMES
    for tool in tools.values():
        assert tool.title
        assert tool.description
        assert tool.output_schema
        assert tool.annotations is not None
        writes = tool.name in WRITING or tool.name.startswith(("edit_", "set_"))
        assert tool.annotations.read_only_hint is not writes


async def test_search_then_fetch_gives_an_address_that_opens_the_words(handbook: Api) -> None:
    async with session(handbook.server, handbook.token) as client:
        stores = (await call(client, "list_knowledge_stores"))["knowledge_stores"]
        assert handbook.project in [store["id"] for store in stores]
        found = (await call(client, "search", query="Who pays for travel?", project_id=handbook.project))["results"]
        whole = await call(client, "fetch", id=found[0]["id"])
    assert {"id", "title", "url"} <= set(found[0])
    assert set(whole) == {"id", "title", "text", "url", "metadata"}
    assert found[0]["text"] in whole["text"]
    assert whole["url"] == found[0]["url"], "who cites what was fetched cites what was found"
    assert whole["url"].startswith(f"{handbook.server}/{handbook.project}/reference/")
    headers = {"Authorization": f"Bearer {handbook.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        page = await http.get(found[0]["url"])
    assert page.status_code == 200
    assert "<mark" in page.text


async def test_a_search_is_narrowed_and_says_what_it_left_out(process: Process, server: str) -> None:
    async with client_of(process, server, "narrowing@example.org") as api:
        made = await api.http.post("/api/v1/projects/", json={"name": "Reports", "business_brief": "Reports"})
        api.project = made.json()["id"]
        texts = {
            f"report {year}.md": f"# Report\n\nDecember 31, {year}\n\nWe paid taxes." for year in range(2000, 2024)
        }
        rows = await upload(api, {name: text.encode() for name, text in texts.items()})
        await until_ended(api, [row["id"] for row in rows])
        await add_tag(process, api, next(row["id"] for row in rows if row["name"] == "report 2003.md"), "Kind", "Odd")
        async with session(server, api.token) as client:
            wanted = {"query": "taxes", "project_id": api.project}
            every = await call(client, "search", **wanted)
            dated = await call(client, "search", **wanted, since="2022-06-01", until="2023-12-31")
            about = await call(client, "search", **wanted, about="report 2010")
            tagged = await call(client, "search", **wanted, tag="Kind: Odd")
            assert "since" in await problem(client, "search", **wanted, since="July")
    assert "(left out: 8 or more further results" in every["left_out"]
    assert {one["title"] for one in dated["results"]} == {"report 2022.md", "report 2023.md"}
    assert [one["title"] for one in about["results"]] == ["report 2010.md"]
    assert ([one["title"] for one in tagged["results"]], tagged["left_out"]) == (["report 2003.md"], "")


async def test_the_citations_of_a_conversation_lead_to_the_server(handbook: Api) -> None:
    talk = await new_conversation(handbook)
    await ask(handbook, "What may a hotel room cost?", talk)
    async with session(handbook.server, handbook.token) as client:
        read = await call(client, "get_conversation", project_id=handbook.project, conversation_id=talk)
        rest = await call(client, "get_conversation", project_id=handbook.project, conversation_id=talk, offset=1)
    answer = read["messages"][-1]
    assert rest["messages"] == read["messages"][1:]
    assert answer["citations"]
    for citation in answer["citations"]:
        assert citation["reference_url"].startswith(f"{handbook.server}/{handbook.project}/reference/")
    assert f"]({handbook.server}/{handbook.project}/reference/" in answer["content"]


async def test_the_tools_of_a_store(handbook: Api) -> None:
    async with session(handbook.server, handbook.token) as client:
        tools = (await call(client, "list_tools", project_id=handbook.project))["tools"]
        retrieval = next(tool for tool in tools if tool["tool_type"] == "retrieval")
        described = await call(client, "get_tool", project_id=handbook.project, tool_id=retrieval["id"])
        assert "query" in described["input_schema"]["properties"]
        run = {"project_id": handbook.project, "tool_id": retrieval["id"], "input": {"query": "travel"}}
        assert (await call(client, "run_tool", **run))["results"]
        assert "get_tool" in await problem(client, "run_tool", **run | {"input": {"question": 1}})
        knowledge = await call(client, "list_knowledge", project_id=handbook.project)
        assert knowledge["document_count"] == 3
        assert "document_tags" in await call(client, "library_tags_objects", project_id=handbook.project)


async def test_feedback_can_be_created_listed_and_resolved(handbook: Api) -> None:
    async with session(handbook.server, handbook.token) as client:
        given = {"type": "insufficient_data", "reason": "No rates for trains.", "user_query": "What does a train cost?"}
        store = {"project_id": handbook.project}
        made = await call(client, "create_feedback", **store, payload=given | {"tools_used": []})
        [first, *_] = (await call(client, "list_feedback", **store))["feedback"]
        assert (first["id"], first["is_positive"], first["context"]["type"]) == (made["id"], False, given["type"])
        resolved = await call(client, "resolve_feedback", **store, feedback_id=made["id"])
        assert resolved["status"] == "reviewed"
        for kind, (fields, opinion) in PAYLOADS.items():
            payload = {"type": kind, "reason": "It is not there.", "is_positive": None} | fields
            signal = await call(client, "create_feedback", **store, payload=payload)
            read = await call(client, "get_feedback", **store, feedback_id=signal["id"])
            assert (read["context"]["type"], read["is_positive"]) == (kind, opinion)
            assert {name: read["context"].get(name) for name in fields} == fields
        assert "user_query" in await problem(
            client, "create_feedback", **store, payload={"type": "schema_gap", "reason": "x"}
        )


def test_a_result_that_is_too_long_is_cut_and_says_so() -> None:
    """A client that cannot ask for less gets what fits; what fits is left as it is."""
    short = {"id": uuid4(), "texts": ["x" * 100_000]}
    assert Result(short).data == short
    items = [{"name": f"n{number}", "text": "y" * 3000} for number in range(200)]
    long = {
        "title": "T",
        "text": "x" * 1_000_000,
        "items": items,
        "map": {str(number): "z" for number in range(99_999)},
    }
    [content] = Result(long).content()
    assert isinstance(content, TextContent)
    assert len(content.text) <= MAX_RESULT_CHARS
    found = json.loads(content.text)
    assert (found["title"], found["items"][0]["name"], found["text"][:3]) == ("T", "n0", "xxx")
    assert "were cut" in found["cut"]


async def test_errors_of_tools_say_what_would_be_right(handbook: Api) -> None:
    async with session(handbook.server, handbook.token) as client:
        assert "run_tool" in await problem(client, "search_documents", query="x")
        expected = "The arguments are: query, project_id, about, tag, since, until"
        assert expected in await problem(client, "search", question="x")
        assert "no such project" in await problem(client, "list_knowledge", project_id=str(uuid4()))
        assert "Search again" in await problem(client, "fetch", id=f"{handbook.project}:{uuid4()}")


async def test_nobody_reaches_stores_of_others(process: Process, handbook: Api, api: Api) -> None:
    async with session(api.server, api.token) as client:
        stores = (await call(client, "list_knowledge_stores"))["knowledge_stores"]
        assert [store["id"] for store in stores] == [api.project]
        assert (await call(client, "list_knowledge_stores", offset=1, limit=1))["knowledge_stores"] == []
        for tool in ("list_knowledge", "list_tools", "list_feedback", "list_conversations", "list_interviews"):
            assert "access" in await problem(client, tool, project_id=handbook.project)
        assert "access" in await problem(client, "search", query="travel", project_id=handbook.project)
        listed = await client.list_resources()
        assert listed.resources == []


async def test_a_deleted_store_is_reached_by_no_tool(api: Api) -> None:
    gone = (await api.http.post("/api/v1/projects/", json={"name": "Gone"})).json()["id"]
    assert (await api.http.delete(f"/api/v1/projects/{gone}/")).status_code == 204
    async with session(api.server, api.token) as client:
        assert "no such project" in await problem(client, "list_knowledge", project_id=gone)


async def test_ids_of_another_store_are_as_unknown_as_any(handbook: Api, api: Api) -> None:
    """Under the caller's own store, an id of somebody else's object says no more than one that does not exist."""
    talk = await new_conversation(handbook)
    async with session(handbook.server, handbook.token) as client:
        found = await call(client, "search", query="travel", project_id=handbook.project)
        [tool, *_] = (await call(client, "list_tools", project_id=handbook.project))["tools"]
        payload = {"type": "direct_feedback", "reason": "Fine."}
        feedback = await call(client, "create_feedback", project_id=handbook.project, payload=payload)
        [document, *_] = (await client.list_resources()).resources
    chunk = found["results"][0]["id"].split(":")[1]
    async with session(api.server, api.token) as client:
        for theirs in (chunk, str(uuid4())):
            assert "Search again" in await problem(client, "fetch", id=f"{api.project}:{theirs}")
        for name, field, theirs in (
            ("get_conversation", "conversation_id", talk),
            ("get_tool", "tool_id", tool["id"]),
            ("run_tool", "tool_id", tool["id"]),
            ("get_feedback", "feedback_id", feedback["id"]),
            ("resolve_feedback", "feedback_id", feedback["id"]),
        ):
            said = [await problem(client, name, project_id=api.project, **{field: one}) for one in (theirs, uuid4())]
            assert said[0] == said[1], name
        there = str(document.uri).rpartition("/")[2]
        for uri in (str(document.uri), f"citewell://{api.project}/documents/{there}"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)


async def test_documents_are_resources(handbook: Api) -> None:
    async with session(handbook.server, handbook.token) as client:
        found = [one for one in (await client.list_resources()).resources if handbook.project in str(one.uri)]
        assert len(found) == 3
        read = await client.read_resource(found[0].uri)
    assert read.contents[0].text


async def test_without_a_good_token_the_door_names_the_way_to_one(handbook: Api) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with httpx.AsyncClient(base_url=handbook.server, timeout=60) as http:
        for headers in ({}, {"Authorization": "Bearer cw_wrong"}, {"Authorization": f"Bearer {ACCESS_PREFIX}wrong"}):
            answer = await http.post("/mcp", json=ask, headers=headers)
            assert answer.status_code == 401
            assert (
                f'resource_metadata="{handbook.server}/.well-known/oauth-protected-resource"'
                in (answer.headers["www-authenticate"])
            )


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://[x"},
        {"Origin": "null"},
    ],
)
async def test_a_page_of_somebody_else_is_refused(handbook: Api, headers: dict[str, str]) -> None:
    headers = headers | {"Authorization": f"Bearer {handbook.token}"}
    async with httpx.AsyncClient(base_url=handbook.server, timeout=60) as http:
        assert (await http.post("/mcp", json={}, headers=headers)).status_code == 403


async def test_a_page_of_this_device_may_call_from_a_browser(handbook: Api) -> None:
    """As the page of the MCP Inspector does: the browser asks first, and shows the page what was answered."""
    origin = "http://localhost:6274"
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with httpx.AsyncClient(base_url=handbook.server, headers={"Origin": origin}, timeout=60) as page:
        asked = await page.options("/mcp", headers=asks)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, origin)
        assert "Authorization" in asked.headers["access-control-allow-headers"]
        refused = await page.post("/mcp", json={})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, origin)
        assert "WWW-Authenticate" in refused.headers["access-control-expose-headers"]
        for path in ("/.well-known/oauth-authorization-server", "/o/register/", "/o/token/"):
            asked = await page.options(path, headers=asks)
            assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    async with httpx.AsyncClient(base_url=handbook.server, headers={"Origin": "https://evil.example"}) as page:
        asked = await page.options("/mcp", headers=asks)
    assert (asked.status_code, "access-control-allow-origin" in asked.headers) == (403, False)


async def test_there_is_no_stream_without_a_session(handbook: Api) -> None:
    """It would stay open for ever, and nothing would come."""
    headers = {"Authorization": f"Bearer {handbook.token}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient(base_url=handbook.server, headers=headers, timeout=60) as http:
        for method in ("GET", "DELETE"):
            answer = await http.request(method, "/mcp")
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def access_token(process: Process, api: Api, resource: str, projects: list[Any] | None) -> str:
    program = Program(httpx.AsyncClient(timeout=60), "")
    me = (await api.http.get("/api/v1/users/me/")).json()
    async with process.database.write() as session:
        client = OAuthClient(
            id=f"c-{uuid4()}", kind="registered", name="A program", redirect_uris=["https://c.example/"]
        )
        session.add(client)
        await session.flush()
        wanted = Wanted(client.id, "https://c.example/", ["openid"], resource, program.challenge, None)
        code = await grant(session, Caller(UUID(me["id"]), me["email"], False), wanted, projects)
        tokens = await exchange_code(session, client.id, code, "https://c.example/", program.verifier, None)
    return str(tokens["access_token"])


async def test_an_access_token_reaches_what_was_granted_and_only_here(process: Process, api: Api) -> None:
    other = (await api.http.post("/api/v1/projects/", json={"name": "Other"})).json()["id"]
    token = await access_token(process, api, f"{api.server}/mcp", [other])
    async with session(api.server, token) as client:
        stores = (await call(client, "list_knowledge_stores"))["knowledge_stores"]
        assert [store["id"] for store in stores] == [other]
        assert "does not reach" in await problem(client, "list_knowledge", project_id=api.project)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=api.server, headers=headers, timeout=60) as http:
        assert (await http.get("/api/v1/projects/")).status_code == 401, "it is for the MCP server alone"
        foreign = await access_token(process, api, "https://elsewhere.example/mcp", None)
        answer = await http.post("/mcp", json={}, headers={"Authorization": f"Bearer {foreign}"})
        assert answer.status_code == 401


async def test_a_removed_member_reaches_nothing_any_more(process: Process, handbook: Api, server: str) -> None:
    async with client_of(process, server, f"{uuid4().hex}@example.org") as stranger:
        token = await access_token(process, stranger, f"{server}/mcp", [handbook.project])
        async with session(server, token) as client:
            assert (await call(client, "list_knowledge_stores"))["knowledge_stores"] == []
            assert "access" in await problem(client, "list_knowledge", project_id=handbook.project)


async def test_a_member_who_may_not_read_is_shown_no_content(process: Process, handbook: Api, api: Api) -> None:
    await grant_in(process, handbook, api.token, ["CAN_RUN_TASKS"])
    async with session(api.server, api.token) as client:
        assert (await call(client, "search", query="travel"))["results"] == []
        stores = (await call(client, "list_knowledge_stores"))["knowledge_stores"]
        assert handbook.project not in [store["id"] for store in stores]
        assert (await client.list_resources()).resources == []
    models = (await api.http.get("/v1/models")).json()["data"]
    assert [one["id"] for one in models if handbook.project in one["id"] or "Handbook" in one["id"]] == []
    listed = (await api.http.get("/v1/vector_stores")).json()["data"]
    assert handbook.project not in str(listed)


async def test_a_call_that_lasts_ends_with_the_right_to_its_store(
    process: Process, handbook: Api, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def search(context: McpContext, wanted: Any) -> Result:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    monkeypatch.setitem(mcp_server._BY_NAME, "search", replace(mcp_server._BY_NAME["search"], run=search))
    async with client_of(process, server, f"{uuid4().hex}@example.org") as reader:
        reader.project = handbook.project
        await grant_in(process, reader, reader.token, ["CAN_VIEW_DATA"])
        async with session(server, reader.token) as client:
            told = asyncio.create_task(problem(client, "search", project_id=handbook.project, query="tea"))
            await begun.wait()
            email = (await reader.http.get("/api/v1/users/me/")).json()["email"]
            removed = await handbook.post("/users/remove-by-email/", json={"email": email})
            assert removed.is_success, removed.text
            assert "no longer" in await told
        assert ended.is_set(), "and its work with it"
