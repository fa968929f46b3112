"""Agents run the tools that they list: their own restrictions, names that model servers take, other agents."""

import re
from typing import Any

from tests.turns.conftest import Talk

ASK = "What does a hotel room cost?"


async def make(talk: Talk, kind: str, name: str, **fields: Any) -> str:
    answer = await talk.api.post("/tools/", json={"name": name, "tool_type": kind, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def use_tools(talk: Talk, *tools: str) -> None:
    [agent, *_] = (await talk.api.get("/agent-settings/")).json()["results"]
    body = {"name": agent["name"], "tools": list(tools)}
    answer = await talk.api.http.put(f"{talk.api.base}/agent-settings/{agent['id']}/", json=body)
    assert answer.status_code == 200, answer.text


def offered(talk: Talk) -> list[dict[str, Any]]:
    """The tools that the model server was told in the first request."""
    return [tool["function"] for tool in talk.replica.recorder.exchanges[0].body.get("tools", [])]


async def documents(talk: Talk) -> dict[str, str]:
    return {row["name"]: row["id"] for row in (await talk.api.get("/documents/")).json()["results"]}


async def test_an_agent_has_the_tools_that_it_lists_in_that_order(talk: Talk) -> None:
    sums = await make(talk, "math", "Sums & more!", description="Reckons.")
    search = await make(talk, "retrieval", "search papers")
    await use_tools(talk, sums, search)
    await talk.use("flood:tokens=3")
    await talk.ask()
    assert [(tool["name"], set(tool)) for tool in offered(talk)] == [
        ("Sums_more", {"name", "description", "parameters"}),
        ("search_papers", {"name", "description", "parameters"}),
    ]
    assert offered(talk)[0]["description"] == "Reckons."
    talk.replica.recorder.clear()
    await use_tools(talk)
    await talk.ask()
    assert offered(talk) == []


async def test_names_are_made_unique_and_fit_for_model_servers(talk: Talk) -> None:
    names = ["search", "search", "Search?", "検索", "検索", "x" * 200, "x" * 200, "get/chunk.v2"]
    await use_tools(talk, *[await make(talk, "retrieval", name) for name in names])
    await talk.use("flood:tokens=3")
    await talk.ask()
    found = [tool["name"] for tool in offered(talk)]
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in found)
    assert found[:2] == ["search", "search_2"]


async def test_two_searches_with_different_restrictions(informed: Talk) -> None:
    ids = await documents(informed)
    for name in ("prices.html", "handbook.md"):
        other = next(one for one in ids if one not in (name, "staff.csv"))
        tools = [
            await make(
                informed, "retrieval", label, document_mode="select_documents", document_parameters=[ids[document]]
            )
            for label, document in (("search", name), ("lookup", other))
        ]
        await use_tools(informed, *tools)
        await informed.use("tool")
        events = await informed.ask(ASK)
        [call] = [event["payload"] for event in events if event["payload"].get("type") == "tool_call"]
        assert call["tool_name"] == "search"
        assert {result["name"] for result in call["results"]} == {name}


async def test_the_built_in_model_uses_every_search_of_an_agent(informed: Talk) -> None:
    ids = await documents(informed)
    tools = [
        await make(informed, "retrieval", label, document_mode="select_documents", document_parameters=[ids[name]])
        for label, name in (("Rules", "handbook.md"), ("Prices", "prices.html"))
    ]
    await use_tools(informed, *tools)
    [agent] = (await informed.api.get("/agent-settings/")).json()["results"]
    body = {"name": agent["name"], "model": "extractive"}
    await informed.api.http.put(f"{informed.api.base}/agent-settings/{agent['id']}/", json=body)
    events = await informed.ask(ASK)
    calls = [event["payload"] for event in events if event["payload"].get("type") == "tool_call"]
    assert {call["tool_name"] for call in calls} == {"Rules", "Prices"}
    answer = (await informed.history())[-1]
    assert "140 EUR" in answer["content"]
    assert all(citation["verified"] for citation in answer["citations"])


async def test_what_another_agent_found_can_be_cited(informed: Talk) -> None:
    """The other agent quotes; the one that asked it cites the quotation by its label, and the server verifies that."""
    search = await make(informed, "retrieval", "find")
    other = await informed.api.post(
        "/agent-settings/", json={"name": "Reader", "model": "extractive", "tools": [search]}
    )
    reader = await make(informed, "sub_agent", "search_by_reader", agent_settings=other.json()["id"])
    await use_tools(informed, reader)
    body = {"name": "Asker", "model": "openai/tool"}
    default = (await informed.api.get("/agent-settings/")).json()["results"][0]["id"]
    await informed.api.http.put(f"{informed.api.base}/agent-settings/{default}/", json=body)
    events = await informed.ask(ASK)
    [call] = [event["payload"] for event in events if event["payload"].get("type") == "tool_call"]
    assert call["tool_type"] == "sub_agent"
    assert "140 EUR" in call["results"][0]["answer"]
    answer = (await informed.history())[-1]
    # The scripted model's own words, "The documents say so", are a claim that the quotation does not prove.
    [citation, claim] = answer["citations"]
    assert (citation["verified"], citation["document_name"]) == (True, "handbook.md")
    assert (claim["status"], claim["claim"]) == ("unverified", "The documents say so.")


async def test_the_tokens_of_another_agent_are_counted(informed: Talk) -> None:
    """Each model call of the scripted server counts ten tokens of input: two of the one, two of the other."""
    search = await make(informed, "retrieval", "find")
    other = await informed.api.post(
        "/agent-settings/", json={"name": "Reader", "model": "openai/tool", "tools": [search]}
    )
    reader = await make(informed, "sub_agent", "search_by_reader", agent_settings=other.json()["id"])
    await use_tools(informed, reader)
    default = (await informed.api.get("/agent-settings/")).json()["results"][0]["id"]
    body = {"name": "Asker", "model": "openai/tool"}
    await informed.api.http.put(f"{informed.api.base}/agent-settings/{default}/", json=body)
    await informed.ask(ASK)
    assert len(informed.replica.recorder.exchanges) == 4
    assert (await informed.history())[-1]["used_tokens_input"] == 40
