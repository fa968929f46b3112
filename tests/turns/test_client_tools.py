"""What reaches the model from a client of `/v1`, and what ends with the client."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

import openai
from citewell.models import AgentSettings
from openai import AsyncOpenAI
from tests.turns.conftest import Talk

TOOLS: list[dict[str, Any]] = [{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]
QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather?"}]


async def test_a_tool_of_the_client_is_called_and_answered(talk: Talk) -> None:
    await talk.use("tool")
    async with talk.replica.process.database.write() as session:  # the scripted model calls the first tool that it sees
        mine = update(AgentSettings).where(AgentSettings.project_id == UUID(talk.api.project))
        await session.execute(mine.values(tools=[]))
    async with AsyncOpenAI(base_url=f"{talk.api.server}/v1", api_key=talk.api.token, max_retries=0) as client:
        create: Any = client.chat.completions.create
        asked = {"model": talk.api.project, "messages": QUESTION, "tools": TOOLS}

        ignored = (await create(**asked)).choices[0]
        assert (ignored.finish_reason, ignored.message.tool_calls) == ("stop", None)

        choice = (await create(**asked, tool_choice="auto")).choices[0]
        [call] = choice.message.tool_calls
        assert (choice.finish_reason, call.function.name) == ("tool_calls", "get_weather")
        assert json.loads(call.function.arguments) == {"query": QUESTION[0]["content"]}

        stream: Any = await create(**asked, tool_choice="required", stream=True)
        choices = [chunk.choices[0] async for chunk in stream if chunk.choices]
        [piece] = [one for part in choices for one in part.delta.tool_calls or ()]
        assert (piece.index, piece.function.name, choices[-1].finish_reason) == (0, "get_weather", "tool_calls")

        # The result is enough to go on: tool_choice need not be said again.
        said = [*QUESTION, choice.message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "Sunny."}]
        answered = (await create(**asked | {"messages": said})).choices[0]
        assert (answered.finish_reason, answered.message.tool_calls) == ("stop", None)
        assert "Sunny." in str(talk.replica.recorder.exchanges[-1].body)

        for wrong, told in (
            ({"messages": said[:2]}, "must end with what the user asks"),
            ({"messages": [*QUESTION, said[2]]}, "of a call before it"),
            ({"tool_choice": {"type": "function", "function": {"name": "other"}}}, "name one of the tools"),
            ({"tools": [{"type": "function", "function": {"name": "a b"}}], "tool_choice": "auto"}, "function.name"),
        ):
            with pytest.raises(openai.BadRequestError, match=told):
                await create(**asked | wrong)


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_ends_with_its_client(talk: Talk, stream: bool) -> None:
    """And the model was given the client's system prompt and history, as they were sent."""
    await talk.use("paced:tokens=100000,rate=50")
    said = [("system", "Answer in Danish."), ("user", "Hello?"), ("assistant", "Hej!"), ("user", "Well?")]
    body = {
        "model": talk.api.project,
        "stream": stream,
        "messages": [{"role": role, "content": content} for role, content in said],
    }
    recorder = talk.replica.recorder

    async def ask() -> None:
        async with talk.api.http.stream("POST", "/v1/chat/completions", json=body) as answer:
            async for _ in answer.aiter_lines():
                pass

    asking = asyncio.create_task(ask())
    [seen] = await recorder.wait_for(lambda all_: len(all_) == 1)
    asking.cancel()
    await recorder.wait_for(lambda all_: [one.end for one in all_] == ["client_closed"])
    system, *others = [(message["role"], message["content"]) for message in seen.body["messages"]]
    assert "Answer in Danish." in system[1]
    assert others == said[1:]
