"""How many answers may be under way, and how much a model is given to read."""

import asyncio
from pathlib import Path
from typing import Any

from citewell.process import open_process
from tests.conftest import client_of, make_settings, serving
from tests.sse import new_conversation
from tests.turns.conftest import Talk


async def _ask_many(talk_settings: dict[str, Any], folder: Path, count: int, **limits: int) -> list[Any]:
    settings = make_settings(folder=folder, **(talk_settings | limits))
    async with (
        open_process(settings) as process,
        serving(process) as address,
        client_of(process, address, "many@example.org") as api,
    ):
        api.project = (await api.http.post("/api/v1/projects/", json={"name": "Many"})).json()["id"]
        talks = [await new_conversation(api) for _ in range(count)]
        return await asyncio.gather(
            *(
                api.post(f"/playground-conversations/{talk}/send_message_stream/", json={"message": "Well?"})
                for talk in talks
            )
        )


async def test_limits_of_a_user(turn_settings: dict[str, Any], tmp_path: Path) -> None:
    settings = turn_settings | {"model": "openai/paced:tokens=10,rate=10"}
    answers = await _ask_many(settings, tmp_path, 5, max_turns_per_user=2)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) > 0
    assert "2 answers under way" in refused.json()["error"]


async def test_limits_of_a_server(turn_settings: dict[str, Any], tmp_path: Path) -> None:
    settings = turn_settings | {"model": "openai/paced:tokens=10,rate=10"}
    answers = await _ask_many(settings, tmp_path, 4, max_turns=1)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 429


async def test_a_long_conversation_is_trimmed(talk: Talk) -> None:
    """The oldest exchanges go first; the model never gets more than it may read."""
    await talk.use("flood:tokens=2000")
    limits = talk.replica.process.loop_limits
    for number in range(3):
        await talk.ask(f"Question {number}: " + "word " * 15_000)
    talk.replica.process.loop_limits = type(limits)(max_context_tokens=25_000)
    try:
        events = await talk.ask("And the last one?")
    finally:
        talk.replica.process.loop_limits = limits
    assert events[-1]["type_streaming"] == "streaming_completed"
    asked = talk.replica.recorder.exchanges[-1].body["messages"]
    assert len(str(asked)) < 25_000 * 4
    assert asked[0]["role"] == "system"
    assert asked[-1]["content"].endswith("And the last one?")
    assert not any("Question 0" in str(message["content"]) for message in asked)
