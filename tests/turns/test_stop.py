"""Stop means stop, from any process, and what was said stays."""

import asyncio
from typing import Any

import pytest

from citewell.agent.protocol import ToolOutcome, ToolSpec
from citewell.tools import factory
from openai import AsyncOpenAI
from tests.conftest import Api, client_of, grant
from tests.turns.conftest import Talk, said

ENDLESS = "paced:tokens=100000,rate=50"


async def test_a_stop_keeps_what_was_said(talk: Talk) -> None:
    await talk.use(ENDLESS)
    async with talk.asking() as stream:
        read = await stream.take(6)
        stopped = await talk.cancel()
        read += await stream.rest()
    assert stopped["state"] == "stopped"
    assert read[-1]["type_streaming"] == "streaming_completed"
    assert read[-1]["payload"]["state"] == "stopped"
    last = (await talk.history())[-1]
    assert last["state"] == "stopped"
    assert last["content"] == said(read) != ""
    assert last["used_tokens_output"] > 0
    conversation = (await talk.api.get(f"{talk.path}/")).json()
    assert conversation["tokens"]["total"] == last["used_tokens_input"] + last["used_tokens_output"] > 0
    await talk.check_consistent()


async def test_the_model_server_sees_the_connection_close(talk: Talk) -> None:
    await talk.use(ENDLESS)
    await talk.begin()
    await talk.cancel()
    await talk.replica.recorder.wait_for(lambda all_: [one.end for one in all_] == ["client_closed"])


async def test_a_stop_before_the_first_token(talk: Talk) -> None:
    await talk.use("stall:after=0")
    async with talk.asking() as stream:
        await talk.replica.recorder.wait_for(lambda all_: len(all_) == 1)
        await talk.cancel()
        events = await stream.rest()
    assert [event["type_streaming"] for event in events] == ["streaming_completed"]
    history = await talk.check_consistent()
    assert [message["role"] for message in history] == ["user"]
    await talk.use("flood:tokens=3")
    assert (await talk.ask())[-1]["type_streaming"] == "streaming_completed"


async def test_a_stop_cancels_the_tool_that_is_running(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    class Endless:
        spec = ToolSpec("search_documents", "Searches for ever.", {"type": "object"})
        tool_type = "semantic_chunks"

        async def run(self, arguments: dict[str, Any], sources: Any) -> ToolOutcome:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            raise AssertionError

    monkeypatch.setitem(factory.BUILDERS, "retrieval", lambda bench, config: Endless())
    await talk.use("tool")
    await talk.begin()
    await asyncio.wait_for(started.wait(), 60)
    assert (await talk.cancel())["state"] == "stopped"
    assert ended.is_set()
    await talk.check_consistent()


async def test_a_stop_of_a_finished_turn_changes_nothing(talk: Talk) -> None:
    events = await talk.ask()
    before = await talk.turn()
    assert (await talk.cancel()) == before
    assert before["state"] == "completed"
    assert said(await talk.events()) == said(events)
    assert (await talk.api.post(f"{talk.path}/turns/5/cancel/")).status_code == 404


async def test_a_stop_through_another_process(talk: Talk, elsewhere: Api) -> None:
    await talk.use(ENDLESS)
    async with talk.asking() as stream:
        await stream.take(3)
        stopped = await talk.cancel(api=elsewhere)
        await talk.replica.recorder.wait_for(lambda all_: [one.end for one in all_] == ["client_closed"])
        events = await stream.rest()
    assert stopped["state"] == "stopped"
    assert events[-1]["payload"]["state"] == "stopped"
    await talk.check_consistent()


async def test_who_may_only_read_may_not_stop(talk: Talk) -> None:
    await talk.use("paced:tokens=20,rate=20")
    await talk.begin()
    process = talk.replica.process
    async with client_of(process, talk.replica.address, "reads@example.org") as viewer:
        viewer.project = talk.api.project
        await grant(process, talk.api, viewer.token, ["CAN_VIEW_DATA"])
        assert (await viewer.post(f"{talk.path}/turns/0/cancel/")).status_code == 404
        assert (await viewer.get(f"{talk.path}/turns/")).status_code == 404
    assert (await talk.until_ended())["state"] == "completed"


async def test_a_response_is_cancelled(talk: Talk) -> None:
    await talk.use(ENDLESS)
    async with AsyncOpenAI(base_url=f"{talk.replica.address}/v1", api_key=talk.api.token, max_retries=0) as client:
        stream = await client.responses.create(model=talk.api.project, input="Well?", stream=True)
        begun: Any = await anext(aiter(stream))
        cancelled = await client.responses.cancel(begun.response.id)
        assert cancelled.status == "cancelled"
        assert [event async for event in stream][-1].type == "response.completed", "the stream ends with what there is"
        assert (await client.responses.retrieve(cancelled.id)).status == "cancelled"
